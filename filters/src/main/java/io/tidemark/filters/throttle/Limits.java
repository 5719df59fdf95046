// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import io.tidemark.filters.FilterException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** What a disk may do; kinds that are not in it are not limited. */
public record Limits(Map<LimitKind, Limit> byKind) {
    /** As long as a burst may take to be saved up: keeps all sums of nanoseconds far from their end. */
    private static final Duration LONGEST_SAVING = Duration.ofDays(30);

    public static final Limits NONE = new Limits(Map.of());

    /** @throws FilterException BAD_LIMIT, if a rate or a burst is out of range */
    public Limits {
        byKind.forEach(Limits::check);
        // In the order of the kinds, for everybody who prints them.
        byKind = byKind.isEmpty() ? Map.of() : new EnumMap<>(byKind);
    }

    private static void check(LimitKind kind, Limit limit) {
        long longest = limit.rate() * LONGEST_SAVING.toSeconds();
        if (limit.rate() < 1 || limit.rate() > kind.highestRate()) {
            throw bad(
                    kind.key() + "=" + limit.rate() + " is out of range",
                    "choose 1 to " + kind.highestRate() + ", or leave it out for no limit");
        }
        if (limit.burst() < 1 || limit.burst() > longest) {
            throw bad(
                    kind.key() + "-burst=" + limit.burst() + " is out of range",
                    "choose 1 to " + longest + ", thirty days' worth, or leave it out for a tenth of a second's");
        }
    }

    private static FilterException bad(String why, String remedy) {
        return new FilterException(FilterException.Code.BAD_LIMIT, "throttle: " + why + "; " + remedy);
    }

    public boolean isNone() {
        return byKind.isEmpty();
    }
}
