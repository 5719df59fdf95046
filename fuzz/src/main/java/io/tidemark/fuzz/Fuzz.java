// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** The command line: {@code bin/fuzz --help}. */
public final class Fuzz {
    private static final String HELP = """
            bin/fuzz [TARGET...] [--minutes N | --seconds N] [--seed N]
                fuzz the targets one after the other, a minute each unless said otherwise
            bin/fuzz --replay TARGET BASE64|FILE
                run one input
            bin/fuzz --keep TARGET
                put what was found new into the corpus, minimised
            targets: %s
            """.formatted(String.join(" ", Targets.NAMES));

    private final List<String> targets = new ArrayList<>();
    private final Path corpus;
    private final Path work;
    private Duration time = Duration.ofMinutes(1);
    private int seed = (int) (System.nanoTime() >>> 10 & 0xffff);

    private Fuzz(Path home) throws IOException {
        corpus = home.resolve("corpus");
        work = Files.createDirectories(home.resolve("target").resolve("fuzzing"));
    }

    /** @param arguments the module's folder, then what the user said */
    public static void main(String[] arguments) throws Exception {
        // Who is stopped stops its fuzzer too.
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly)));
        Fuzz fuzz = new Fuzz(Path.of(arguments[0]));
        List<String> words = List.of(arguments).subList(1, arguments.length);
        boolean fine = switch (words.isEmpty() ? "" : words.getFirst()) {
            case "--help" -> help();
            case "--replay" -> replay(words.get(1), words.get(2));
            case "--keep" -> fuzz.keep(words.get(1));
            default -> fuzz.parse(words) && fuzz.run();
        };
        System.exit(fine ? 0 : 1);
    }

    private static boolean help() {
        System.out.print(HELP);
        return true;
    }

    private static boolean replay(String target, String input) throws Exception {
        byte[] bytes = Files.exists(Path.of(input))
                ? Files.readAllBytes(Path.of(input))
                : Base64.getDecoder().decode(input);
        try (Runner runner = new Runner(Targets.open(target))) {
            runner.run(bytes);
            runner.checkLeaks();
        }
        System.out.println(target + ": nothing found in " + bytes.length + " bytes");
        return true;
    }

    private boolean keep(String target) throws IOException, InterruptedException {
        Path smaller = Files.createDirectories(work.resolve(target + "-minimised"));
        for (Path earlier : CorpusFolder.files(smaller)) {
            Files.delete(earlier);
        }
        return new FuzzRun(target, work).minimise(smaller, corpus.resolve(target), work.resolve(target))
                && CorpusFolder.replace(corpus.resolve(target), smaller);
    }

    private boolean parse(List<String> words) {
        for (int i = 0; i < words.size(); i++) {
            switch (words.get(i)) {
                case "--minutes" -> time = Duration.ofMinutes(Long.parseLong(words.get(++i)));
                case "--seconds" -> time = Duration.ofSeconds(Long.parseLong(words.get(++i)));
                case "--seed" -> seed = Integer.parseInt(words.get(++i));
                default -> targets.add(words.get(i));
            }
        }
        if (!Targets.NAMES.containsAll(targets)) {
            System.err.print(HELP);
            return false;
        }
        return true;
    }

    private boolean run() throws IOException, InterruptedException {
        boolean fine = true;
        for (String target : targets.isEmpty() ? Targets.NAMES : targets) {
            System.out.printf("%s: %d s, seed %d%n", target, time.toSeconds(), seed);
            FuzzRun run = new FuzzRun(target, work);
            String finding = run.fuzz(corpus.resolve(target), time, seed);
            System.out.println(finding.isEmpty() ? run.summary() : finding);
            fine &= finding.isEmpty();
        }
        return fine;
    }
}
