// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

import io.tidemark.integration.conformance.report.JsonReport;
import io.tidemark.integration.conformance.report.MarkdownReport;
import io.tidemark.integration.conformance.report.TextReport;
import io.tidemark.integration.conformance.rule.Rules;
import io.tidemark.integration.probe.FeaturePage;
import io.tidemark.integration.process.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Tests a vhost-user-blk backend against the specifications, over its socket. */
@Command(
        name = "bin/conformance",
        description = {
            "Tests a vhost-user-blk backend against vhost-user.rst and virtio 1.3, over its socket.",
            "It OVERWRITES THE DISK behind the socket, and sends what may crash a backend."
        },
        mixinStandardHelpOptions = true)
public final class Conformance implements Callable<Integer> {
    /** How outcomes are written. */
    enum Output {
        TEXT,
        JSON,
        MARKDOWN
    }

    /** What is to be done. */
    static final class Task {
        @Option(names = "--socket", description = "Test the backend that listens here; nobody else may be connected.")
        private Path socket;

        @Option(names = "--report", description = "Test Tidemark and its peers on scratch disks: docs/conformance.md.")
        private boolean report;

        @Option(names = "--probe", description = "Ask Tidemark and its peers what they offer: docs/features.md.")
        private boolean probe;

        @Option(names = "--list", description = "List the rules.")
        private boolean list;
    }

    @ArgGroup(multiplicity = "1")
    private Task task;

    @Option(names = "--destroy-content", description = "Yes, the disk behind --socket may be overwritten.")
    private boolean destroyContent;

    @Option(
            names = "--rules",
            description = "Only rules whose id holds one of these, such as memory/ or ring/wrap.",
            split = ",")
    private List<String> only = List.of("");

    @Option(names = "--output", description = "One of ${COMPLETION-CANDIDATES}.")
    private Output output = Output.TEXT;

    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new Conformance()).setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((e, c, parsed) -> {
            c.getErr().println("conformance: " + e.getMessage());
            return 2;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        List<Rule> rules = Rules.ALL.stream()
                .filter(rule -> only.stream().anyMatch(rule.id()::contains))
                .toList();
        if (task.list) {
            rules.forEach(r -> System.out.printf(
                    "%-40s %-8s %s (%s)%n",
                    r.id(), r.level().name().toLowerCase(Locale.ROOT), r.sentence(), r.section()));
            return 0;
        }
        if (task.probe) {
            return write("docs/features.md", FeaturePage.of(Candidate.all()));
        }
        return task.report ? report(rules) : test(rules);
    }

    private int test(List<Rule> rules) {
        if (!destroyContent) {
            System.err.println("conformance: " + task.socket + ": this overwrites the disk behind the socket, and may"
                    + " crash its backend; say --destroy-content if that is what you want");
            return 2;
        }
        Consumer<Outcome> listener = outcome -> {
            if (output == Output.TEXT) {
                System.out.println(TextReport.line(outcome));
            }
        };
        List<Outcome> outcomes;
        try (Target target = Target.at(task.socket)) {
            outcomes = new Suite(target, listener).run(rules);
        }
        System.out.println(
                switch (output) {
                    case TEXT -> TextReport.sum(outcomes);
                    case JSON -> JsonReport.of(outcomes);
                    case MARKDOWN -> {
                        SequencedMap<String, List<Outcome>> column = new LinkedHashMap<>();
                        column.put(task.socket.toString(), outcomes);
                        yield MarkdownReport.of(rules, column);
                    }
                });
        if (outcomes.size() < rules.size()) {
            System.err.printf(
                    "conformance: %s: the backend is gone; %d rules were not tested: start it again%n",
                    task.socket, rules.size() - outcomes.size());
            return 1;
        }
        boolean broken = outcomes.stream().anyMatch(o -> o.failed() && o.rule().level() == Level.MUST);
        return broken ? 1 : 0;
    }

    private int report(List<Rule> rules) throws IOException {
        SequencedMap<String, List<Outcome>> columns = new LinkedHashMap<>();
        for (Candidate candidate : Candidate.all()) {
            System.err.println(candidate.name());
            columns.put(
                    candidate.name(),
                    Examination.of(candidate, rules, outcome -> System.err.println(TextReport.line(outcome))));
        }
        return write("docs/conformance.md", ConformancePage.of(rules, columns));
    }

    private static int write(String page, String text) throws IOException {
        Path file = Checkout.home().resolve(page);
        Files.writeString(file, text);
        System.err.println("written: " + file);
        return 0;
    }
}
