// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.read.Point;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

/** {@code A..B}: from one point to another; without A from the beginning, without B to the end. */
record PointRange(Optional<Point> from, Optional<Point> to) {
    private static final String BETWEEN = "..";

    static final PointRange ALL = new PointRange(Optional.empty(), Optional.empty());

    /** Null, what an option is that wasn't given, is all. */
    static PointRange parse(String text) {
        if (text == null) {
            return ALL;
        }
        Instant now = Clock.systemUTC().instant();
        // A mark's name may hold two points itself: the first place counts at which both sides make sense.
        for (int at = text.indexOf(BETWEEN); at >= 0; at = text.indexOf(BETWEEN, at + 1)) {
            try {
                return new PointRange(
                        side(text.substring(0, at), now), side(text.substring(at + BETWEEN.length()), now));
            } catch (StoreException _) {
                // Perhaps the next one.
            }
        }
        throw new AgentException(
                Code.USAGE,
                "range \"" + text + "\"",
                "is not understood",
                "write A..B, where A and B are points as restore --at has them, or nothing for the beginning and the"
                        + " end");
    }

    private static Optional<Point> side(String text, Instant now) {
        return text.isEmpty() ? Optional.empty() : Optional.of(Point.parse(text, now));
    }
}
