// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.tidemark.integration.backend.StorageDaemon;
import io.tidemark.integration.conformance.Candidate;
import io.tidemark.integration.conformance.Examination;
import io.tidemark.integration.conformance.Level;
import io.tidemark.integration.conformance.Outcome;
import io.tidemark.integration.conformance.Outcome.Aftermath;
import io.tidemark.integration.conformance.report.TextReport;
import io.tidemark.integration.conformance.rule.Rules;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The conformance suite, against a real agent; and that its rules can fail. */
class ConformanceIT {
    @Test
    void tidemarkKeepsToWhatItMustAndShould() {
        List<Outcome> outcomes = Examination.of(Candidate.tidemark(), Rules.ALL, outcome -> {});
        assertThat(outcomes).hasSameSizeAs(Rules.ALL);
        assertThat(outcomes.stream()
                        .filter(o -> o.failed() && o.rule().level() != Level.OPTIONAL)
                        .map(TextReport::line))
                .isEmpty();
        assertThat(outcomes).allMatch(o -> o.after() == Aftermath.WELL);
    }

    @Test
    void rulesFailWhereTheyAreBroken() {
        List<String> program = StorageDaemon.installed();
        assumeFalse(program.isEmpty(), "no qemu-storage-daemon is installed");
        // It copies the configuration space from its beginning, whatever the offset, and serves rings that are not
        // enabled.
        List<String> broken = List.of("config/parts", "ring-state/disabled");
        List<Outcome> outcomes = Examination.of(
                Candidate.storageDaemon(program),
                Rules.ALL.stream().filter(r -> broken.contains(r.id())).toList(),
                outcome -> {});
        assertThat(outcomes).hasSize(2).allMatch(Outcome::failed);
    }
}
