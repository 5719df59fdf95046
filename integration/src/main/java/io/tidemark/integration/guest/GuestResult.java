// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.guest;

import io.tidemark.integration.process.LabException;
import java.util.List;

/** What a command in the guest said, and its exit code. */
public record GuestResult(String command, int code, List<String> lines) {

    public String text() {
        return String.join("\n", lines);
    }

    /** This, if the exit code is 0; else throws with what the command said. */
    public GuestResult orThrow() {
        if (code != 0) {
            throw new LabException("guest: " + command + ": exit code " + code + "\n" + text());
        }
        return this;
    }
}
