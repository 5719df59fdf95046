// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

import io.tidemark.integration.conformance.Outcome.Aftermath;
import io.tidemark.integration.conformance.report.JsonReport;
import io.tidemark.integration.conformance.report.MarkdownReport;
import io.tidemark.integration.conformance.report.TextReport;
import io.tidemark.integration.conformance.trial.Health;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** The suite against somebody else's backend, reported on the standard output. */
final class SocketTest {
    /** How outcomes are written. */
    enum Form {
        TEXT,
        JSON,
        MD
    }

    private final Path socket;
    private final Form form;

    SocketTest(Path socket, Form form) {
        this.socket = socket;
        this.form = form;
    }

    /** @return 0 when no must is broken and the backend is there at the end, else 1 */
    int run(List<Rule> rules) throws IOException {
        if (!Files.exists(socket)) {
            throw new IOException(socket + ": no such file: start the backend first");
        }
        if (!Health.answers(socket)) {
            throw new IOException(socket
                    + ": no vhost-user backend answers GET_FEATURES: is it a socket, does a backend listen on it,"
                    + " is another frontend connected?");
        }
        List<Outcome> outcomes;
        try (Target target = Target.at(socket)) {
            outcomes = new Suite(target, this::tell).run(rules);
        }
        System.out.println(
                switch (form) {
                    case TEXT -> TextReport.sum(outcomes);
                    case JSON -> JsonReport.of(outcomes);
                    case MD -> MarkdownReport.of(rules, column(outcomes));
                });
        if (outcomes.getLast().after() != Aftermath.WELL) {
            System.err.printf(
                    "conformance: %s: the backend is gone; %d rules were not tested: start it again%n",
                    socket, rules.size() - outcomes.size());
            return 1;
        }
        return outcomes.stream().anyMatch(o -> o.failed() && o.rule().level() == Level.MUST) ? 1 : 0;
    }

    private void tell(Outcome outcome) {
        if (form == Form.TEXT) {
            System.out.println(TextReport.line(outcome));
        }
    }

    private SequencedMap<String, List<Outcome>> column(List<Outcome> outcomes) {
        SequencedMap<String, List<Outcome>> column = new LinkedHashMap<>();
        column.put(socket.getFileName().toString(), outcomes);
        return column;
    }
}
