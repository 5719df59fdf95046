// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.throttle.Limit;
import io.tidemark.filters.throttle.LimitKind;
import io.tidemark.filters.throttle.Limits;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The limits of a disk in JSON: an object with a member for each limit there is, {@code iops}, {@code bpsRead} and so on. */
public final class ThrottleLimits extends LinkedHashMap<String, LimitStatus> {
    private static final long serialVersionUID = 1;

    public static ThrottleLimits of(Limits limits) {
        ThrottleLimits all = new ThrottleLimits();
        limits.byKind().forEach((kind, limit) -> all.put(name(kind), new LimitStatus(limit.rate(), limit.burst())));
        return all;
    }

    /** The member's name: {@code iops-read} is iopsRead. */
    public static String name(LimitKind kind) {
        int dash = kind.key().indexOf('-');
        return dash < 0
                ? kind.key()
                : kind.key().substring(0, dash)
                        + Character.toUpperCase(kind.key().charAt(dash + 1))
                        + kind.key().substring(dash + 2);
    }

    /** @throws AgentException USAGE, if a member is unknown or out of range */
    public Limits checked() {
        Map<LimitKind, Limit> limits = new EnumMap<>(LimitKind.class);
        forEach((name, limit) -> limits.put(kind(name), checked(name, limit)));
        try {
            return new Limits(limits);
        } catch (FilterException e) {
            throw new AgentException(Code.USAGE, e.getMessage(), e);
        }
    }

    private static LimitKind kind(String name) {
        return Arrays.stream(LimitKind.values())
                .filter(kind -> name(kind).equals(name))
                .findFirst()
                .orElseThrow(() -> new AgentException(
                        Code.USAGE,
                        "throttle",
                        "unknown limit " + name,
                        "there are "
                                + Arrays.stream(LimitKind.values())
                                        .map(ThrottleLimits::name)
                                        .collect(Collectors.joining(", "))));
    }

    private static Limit checked(String name, LimitStatus limit) {
        if (limit == null || limit.rate() == null) {
            throw new AgentException(
                    Code.USAGE,
                    "throttle",
                    name + " has no rate",
                    "give {\"rate\": NUMBER}, or leave it out for no limit");
        }
        return limit.burst() == null ? Limit.of(limit.rate()) : new Limit(limit.rate(), limit.burst());
    }
}
