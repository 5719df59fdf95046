// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;

/** What the program ends with; stable, and listed in docs/cli.md. */
enum ExitCode {
    OK(0),
    FAILED(1),
    USAGE(2),
    NOT_FOUND(3),
    IN_USE(4),
    IO(5),
    UNREACHABLE(6),
    REFUSED(7),
    NO_PERMISSION(8),
    UNSUPPORTED(9),
    INTERNAL(70);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    static ExitCode of(AgentException.Code code) {
        return valueOf(code.name());
    }
}
