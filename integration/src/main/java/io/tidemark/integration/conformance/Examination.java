// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** All rules on a candidate: on a writable disk, and those that need one on a read-only disk. */
public final class Examination {
    private Examination() {}

    public static List<Outcome> of(Candidate candidate, List<Rule> rules, Consumer<Outcome> listener) {
        List<Outcome> outcomes = new ArrayList<>(run(candidate, false, rules, listener));
        List<Rule> readOnly = rules.stream().filter(Examination::needsReadOnly).toList();
        for (Outcome outcome : run(candidate, true, readOnly, listener)) {
            outcomes.replaceAll(o -> o.rule().id().equals(outcome.rule().id()) ? outcome : o);
        }
        return outcomes;
    }

    private static boolean needsReadOnly(Rule rule) {
        return rule.id().equals("request/read-only");
    }

    private static List<Outcome> run(
            Candidate candidate, boolean readOnly, List<Rule> rules, Consumer<Outcome> listener) {
        if (rules.isEmpty()) {
            return List.of();
        }
        try (Scratch scratch = new Scratch();
                Target target = scratch.start(candidate, readOnly)) {
            return new Suite(target, listener).run(rules);
        }
    }
}
