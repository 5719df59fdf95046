// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.report;

import io.tidemark.integration.conformance.Outcome;
import io.tidemark.integration.conformance.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** A table: a row per rule, a column per backend; and what was seen where a rule is broken. */
public final class MarkdownReport {
    private MarkdownReport() {}

    /** @param columns a backend's name, and its outcomes */
    public static String of(List<Rule> rules, SequencedMap<String, List<Outcome>> columns) {
        List<String> lines = new ArrayList<>();
        lines.add("| rule | level | it holds that | section | " + String.join(" | ", columns.keySet()) + " |");
        lines.add("|---|---|---|---|" + "---|".repeat(columns.size()));
        for (Rule rule : rules) {
            lines.add("| %s | %s | %s | %s | %s |"
                    .formatted(
                            rule.id(),
                            rule.level().name().toLowerCase(Locale.ROOT),
                            rule.sentence(),
                            rule.section(),
                            columns.values().stream()
                                    .map(outcomes -> word(rule, outcomes))
                                    .collect(Collectors.joining(" | "))));
        }
        for (Map.Entry<String, List<Outcome>> column : columns.entrySet()) {
            List<Outcome> broken =
                    column.getValue().stream().filter(Outcome::failed).toList();
            lines.add("");
            lines.add("## " + column.getKey());
            lines.add("");
            lines.add(TextReport.sum(column.getValue()) + ".");
            if (!broken.isEmpty()) {
                lines.add("");
                broken.forEach(o -> lines.add("* **" + o.rule().id() + "**: " + oneLine(o.explanation())));
            }
        }
        return String.join("\n", lines) + "\n";
    }

    private static String word(Rule rule, List<Outcome> outcomes) {
        return outcomes.stream()
                .filter(o -> o.rule().id().equals(rule.id()))
                .map(o -> o.failed() ? "**fail**" : o.verdict().word())
                .findFirst()
                .orElse("–");
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s+", " ").replace("|", "\\|");
    }
}
