// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.throttle.Limit;
import io.tidemark.filters.throttle.LimitKind;
import io.tidemark.filters.throttle.Limits;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The limits of one disk as a user wrote them: for each kind its rate, {@code iops}, and its burst, {@code iops-burst}. */
public final class ThrottleSettings {
    /** What the keys begin with where they stand among those of a disk. */
    static final String PREFIX = "throttle.";

    private static final String BURST = "-burst";
    private static final List<String> KEYS = Stream.of(LimitKind.values())
            .flatMap(kind -> Stream.of(kind.key(), kind.key() + BURST))
            .toList();

    private final Map<String, Setting> settings = new LinkedHashMap<>();
    private final String before;

    /** @param before what messages about the whole begin with */
    ThrottleSettings(String before) {
        this.before = before;
    }

    void put(Setting setting) {
        if (!KEYS.contains(setting.key())) {
            throw new AgentException(
                    Code.USAGE,
                    setting.where(),
                    "unknown key " + setting.key(),
                    "a throttle has " + String.join(", ", KEYS));
        }
        if (settings.putIfAbsent(setting.key(), setting) != null) {
            throw new AgentException(Code.USAGE, setting.where(), setting.key() + " is given twice", "give it once");
        }
    }

    /**
     * The limits of a command line.
     *
     * @param byKey values by their keys
     * @throws AgentException USAGE, with what is wrong
     */
    public static Limits parse(Map<String, String> byKey) {
        ThrottleSettings settings = new ThrottleSettings("");
        byKey.forEach((key, value) -> settings.put(new Setting(key, value, "throttle")));
        return settings.limits();
    }

    Limits limits() {
        Map<LimitKind, Limit> limits = new EnumMap<>(LimitKind.class);
        for (LimitKind kind : LimitKind.values()) {
            Setting rate = settings.get(kind.key());
            Setting burst = settings.get(kind.key() + BURST);
            if (rate != null) {
                long each = amount(rate, kind);
                limits.put(kind, burst == null ? Limit.of(each) : new Limit(each, amount(burst, kind)));
            } else if (burst != null) {
                throw new AgentException(
                        Code.USAGE, burst.where(), burst.key() + " has no " + kind.key() + " to go above", "give both");
            }
        }
        try {
            return new Limits(limits);
        } catch (FilterException e) {
            throw new AgentException(Code.USAGE, before + e.getMessage(), e);
        }
    }

    private static long amount(Setting setting, LimitKind kind) {
        return Amount.parse(setting.value(), kind.countsBytes())
                .orElseThrow(() -> setting.wrong("give a number, as 2000, 20K or 100M"));
    }
}
