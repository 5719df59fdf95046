// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * How much of the past is kept: every write back to some age, then one state for each hour, then for each day, as the rules say. Each
 * rule reaches from now back to its age; where several do, the finest counts. No rules: everything is kept.
 *
 * @param rules by age, the finest first
 */
public record RetentionRules(List<RetentionRule> rules) {
    public static final RetentionRules KEEP_ALL = new RetentionRules(List.of());

    /** The states that rules may ask for, single writes aside: each is a layer to look through. */
    public static final int MOST = 1000;

    static final String WRITE = "write";
    private static final String ALL = "all";

    /** @throws StoreException BAD_NAME, with what is wrong */
    public RetentionRules {
        rules = List.copyOf(rules);
        long states = 0;
        for (int i = 0; i < rules.size(); i++) {
            var rule = rules.get(i);
            if (rule.age() <= 0 || rule.step() < 0) {
                throw wrong(rule.toString(), "a span of time is not positive", "give spans as 12h or 3d");
            }
            if (i > 0 && rule.age() <= rules.get(i - 1).age()) {
                throw wrong(
                        rule.toString(),
                        "reaches no further back than " + rules.get(i - 1) + " before it",
                        "order the rules by age");
            }
            if (i > 0 && rule.keepsEveryWrite()) {
                throw wrong(rule.toString(), "only the first rule can keep every write", "give it a step, as 1h");
            }
            if (i > 0 && rule.step() <= rules.get(i - 1).step()) {
                throw wrong(
                        rule.toString(),
                        "is no coarser than " + rules.get(i - 1) + " before it",
                        "give it a longer step, or leave the former out");
            }
            if (!rule.keepsEveryWrite() && rule.step() > rule.age()) {
                throw wrong(
                        rule.toString(),
                        "its step is longer than its age, so that there may be times when it keeps nothing",
                        "give it a shorter step");
            }
            states += rule.keepsEveryWrite() ? 0 : rule.age() / rule.step();
        }
        if (states > MOST) {
            throw wrong(
                    text(rules),
                    "asks for " + states + " states beside single writes, more than the " + MOST + " that there can be",
                    "give longer steps");
        }
    }

    /**
     * Reads {@code 12h:write/24h:1h/3d:1d}: for each rule how far it reaches back, and what it keeps; {@code all} for no rules.
     *
     * @throws StoreException BAD_NAME, with what is wrong
     */
    public static RetentionRules parse(String text) {
        if (text.equals(ALL)) {
            return KEEP_ALL;
        }
        var rules = new ArrayList<RetentionRule>();
        for (var part : text.split("/", -1)) {
            int colon = part.indexOf(':');
            if (colon < 0) {
                throw wrong(
                        "\"" + part + "\"",
                        "is not of the form AGE:STEP",
                        "write rules as 12h:write/24h:1h/3d:1d, or " + ALL);
            }
            rules.add(rule(part.substring(0, colon), part.substring(colon + 1)));
        }
        return new RetentionRules(rules);
    }

    /**
     * One rule as it stands in a configuration file.
     *
     * @param age how far back, as {@code 12h}
     * @param step {@code write}, or a span as {@code 1h}
     */
    public static RetentionRule rule(String age, String step) {
        return new RetentionRule(period(age), step.equals(WRITE) ? RetentionRule.EVERY_WRITE : period(step));
    }

    private static long period(String text) {
        return Period.parse(text)
                .orElseThrow(() -> wrong("\"" + text + "\"", "is no span of time", "write 90s, 30m, 12h, 3d or 2w"));
    }

    private static StoreException wrong(String what, String why, String remedy) {
        return new StoreException(Code.BAD_NAME, "retention rule " + what + ": " + why + "; " + remedy);
    }

    public boolean keepAll() {
        return rules.isEmpty();
    }

    /** Since when every state is kept: {@link Long#MIN_VALUE} if always, {@code now} if no rule keeps single writes. */
    long exactSince(long now) {
        if (keepAll()) {
            return Long.MIN_VALUE;
        }
        return rules.getFirst().keepsEveryWrite() ? now - rules.getFirst().age() : now;
    }

    /** The moments whose states are kept beside single writes: multiples of steps, ascending, none after now. */
    long[] moments(long now) {
        var moments = new TreeSet<Long>();
        for (var rule : rules) {
            if (!rule.keepsEveryWrite()) {
                long last = Math.floorDiv(now, rule.step()) * rule.step();
                for (long at = last; at >= now - rule.age(); at -= rule.step()) {
                    moments.add(at);
                }
            }
        }
        return moments.stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public String toString() {
        return text(rules);
    }

    private static String text(List<RetentionRule> rules) {
        return rules.isEmpty()
                ? ALL
                : rules.stream().map(RetentionRule::toString).collect(Collectors.joining("/"));
    }
}
