// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

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
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tests a vhost-user-blk backend against the specifications, over its socket. */
@Command(
        name = "bin/conformance",
        description = {
            "Tests a vhost-user-blk backend against vhost-user.rst and virtio 1.3, over its socket.",
            "It OVERWRITES THE DISK behind the socket, and sends what may crash a backend."
        },
        footer = {
            "",
            "Example: bin/conformance /run/disk.sock --overwrite-disk --report md > report.md",
            "Ends with 0 when no must is broken, 1 when one is or the backend was lost, 2 when nothing could be tested."
        },
        mixinStandardHelpOptions = true)
public final class Conformance implements Callable<Integer> {
    /** What is to be done. */
    static final class Task {
        @Parameters(paramLabel = "SOCKET", description = "Where the backend listens; nobody else may be connected.")
        private Path socket;

        @Option(names = "--peers", description = "Test Tidemark and its peers on scratch disks: docs/conformance.md.")
        private boolean peers;

        @Option(names = "--probe", description = "Ask Tidemark and its peers what they offer: docs/features.md.")
        private boolean probe;

        @Option(names = "--list", description = "List the rules.")
        private boolean list;
    }

    @Spec
    private CommandSpec spec;

    @ArgGroup(multiplicity = "1")
    private Task task;

    @Option(names = "--overwrite-disk", description = "Yes, the disk behind SOCKET may be overwritten.")
    private boolean overwriteDisk;

    @Option(
            names = "--rules",
            paramLabel = "WORD",
            description = "Only rules whose id holds one of these, such as memory/ or ring/wrap.",
            split = ",")
    private List<String> only = List.of("");

    @Option(names = "--report", paramLabel = "FORM", description = "One of ${COMPLETION-CANDIDATES}; text as it goes.")
    private SocketTest.Form form = SocketTest.Form.TEXT;

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
        if (rules.isEmpty()) {
            throw wrong("no rule's id holds " + String.join(" or ", only) + ": see --list");
        }
        if (task.list) {
            rules.forEach(r -> System.out.printf(
                    "%-40s %-8s %s (%s)%n",
                    r.id(), r.level().name().toLowerCase(Locale.ROOT), r.sentence(), r.section()));
            return 0;
        }
        if (task.probe) {
            return write("docs/features.md", FeaturePage.of(Candidate.all()));
        }
        if (task.peers) {
            return compare(rules);
        }
        if (!overwriteDisk) {
            throw wrong(task.socket + ": this overwrites the disk behind the socket, and may crash its backend;"
                    + " say --overwrite-disk if that is what you want");
        }
        return new SocketTest(task.socket, form).run(rules);
    }

    private ParameterException wrong(String sentence) {
        return new ParameterException(spec.commandLine(), sentence);
    }

    private int compare(List<Rule> rules) throws IOException {
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
