// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.read.Point;
import java.time.Clock;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Which point of a history a command is about. */
final class PointOption {
    @ArgGroup(exclusive = true, multiplicity = "1")
    private Given given;

    private static final class Given {
        @Option(
                names = "--at",
                required = true,
                paramLabel = "POINT",
                description =
                        "An ISO-8601 time (2026-01-31T12:00:00.250Z; without a zone, local time), \"5s ago\" (us, ms, s,"
                                + " min, h, d), write:123, mark:NAME, latest, or flush: and one of these.")
        private String at;

        @Option(
                names = "--at-flush",
                required = true,
                paramLabel = "POINT",
                description =
                        "The last flush of the guest at or before a point: what a power cut then would have left.")
        private String atFlush;
    }

    /** As the user named it. */
    String text() {
        return given.at != null ? given.at : "flush:" + given.atFlush;
    }

    Point point() {
        return parse(text());
    }

    /** @throws io.tidemark.agent.AgentException USAGE */
    static Point parse(String text) {
        try {
            return Point.parse(text, Clock.systemUTC().instant());
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }
}
