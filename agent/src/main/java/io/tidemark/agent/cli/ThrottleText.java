// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.status.LimitStatus;
import io.tidemark.agent.status.ThrottleLimits;
import io.tidemark.agent.status.ThrottleStatus;
import io.tidemark.filters.throttle.LimitKind;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The limits of a disk, for people. */
final class ThrottleText {
    private ThrottleText() {}

    /** One line, or none for a disk without limits. */
    static void print(ThrottleStatus throttle, String indent, PrintWriter out) {
        if (!throttle.limits().isEmpty()) {
            out.println(indent + "throttle " + text(throttle.limits()) + "; " + throttle.waiting() + " waiting, "
                    + throttle.delayed() + " delayed");
        }
    }

    private static String text(ThrottleLimits limits) {
        return Arrays.stream(LimitKind.values())
                .filter(kind -> limits.containsKey(ThrottleLimits.name(kind)))
                .map(kind -> text(kind, limits.get(ThrottleLimits.name(kind))))
                .collect(Collectors.joining(", "));
    }

    private static String text(LimitKind kind, LimitStatus limit) {
        return kind.key() + " " + text(kind, limit.rate()) + " (burst " + text(kind, limit.burst()) + ")";
    }

    private static String text(LimitKind kind, long amount) {
        return kind.countsBytes() ? Units.bytes(amount) : String.valueOf(amount);
    }
}
