// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.report;

import io.tidemark.integration.conformance.Level;
import io.tidemark.integration.conformance.Outcome;
import io.tidemark.integration.conformance.Verdict;
import java.util.List;
import java.util.Locale;

/** For people at a terminal: a line per rule, and the sum. */
public final class TextReport {
    private TextReport() {}

    public static String line(Outcome outcome) {
        String line = "%-4s  %-6s  %-40s %5d ms"
                .formatted(
                        outcome.verdict().word(),
                        outcome.rule().level().name().toLowerCase(Locale.ROOT),
                        outcome.rule().id(),
                        outcome.millis());
        if (!outcome.failed()) {
            return outcome.explanation().isEmpty() ? line : line + "  " + outcome.explanation();
        }
        return line + "\n        " + outcome.rule().sentence() + " ("
                + outcome.rule().section() + ")\n        " + outcome.explanation();
    }

    /** "97 of 99 rules kept: 1 must and 1 should broken; 12 not applicable". */
    public static String sum(List<Outcome> outcomes) {
        long inapplicable = outcomes.stream()
                .filter(o -> o.verdict() instanceof Verdict.NotApplicable)
                .count();
        long applicable = outcomes.size() - inapplicable;
        long broken = outcomes.stream().filter(Outcome::failed).count();
        return "%d of %d rules kept: %d must, %d should, %d optional broken; %d not applicable"
                .formatted(
                        applicable - broken,
                        applicable,
                        broken(outcomes, Level.MUST),
                        broken(outcomes, Level.SHOULD),
                        broken(outcomes, Level.OPTIONAL),
                        inapplicable);
    }

    private static long broken(List<Outcome> outcomes, Level level) {
        return outcomes.stream()
                .filter(o -> o.failed() && o.rule().level() == level)
                .count();
    }
}
