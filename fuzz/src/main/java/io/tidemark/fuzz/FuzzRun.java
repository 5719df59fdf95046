// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Jazzer on one target, in a process of its own, which a finding may kill. */
public final class FuzzRun {
    private static final Pattern BASE64 = Pattern.compile("(?m)Base64: ?(\\S*)");
    private static final Pattern RUNS = Pattern.compile("Done (\\d+) runs");
    private static final Pattern COVERAGE = Pattern.compile("cov: (\\d+)");
    private static final int MOST_LINES = 200;
    private static final int LONGEST_INPUT = 2048;
    private static final int HANGS_AFTER_SECONDS = 30;
    private static final Duration PATIENCE = Duration.ofSeconds(4 * HANGS_AFTER_SECONDS);
    private static final Duration DUMPING = Duration.ofSeconds(5);
    private static final Duration MINIMISING = Duration.ofHours(1);
    private static final int STUCK = -1;

    private final String target;
    private final Path work;
    private final Path log;

    /** @param work a folder for what the run writes; new inputs are kept in it, and taken up by the next run */
    public FuzzRun(String target, Path work) {
        this.target = target;
        this.work = work;
        this.log = work.resolve(target + ".log");
    }

    /**
     * Fuzzes for some time.
     *
     * @param corpus inputs to begin with; nothing is written there
     * @return what was found, with the input that does it again; empty for nothing
     */
    public String fuzz(Path corpus, Duration time, int seed) throws IOException, InterruptedException {
        Path fresh = Files.createDirectories(work.resolve(target));
        int status = jazzer(
                time,
                "-max_total_time=" + time.toSeconds(),
                "-seed=" + seed,
                "-max_len=" + LONGEST_INPUT,
                "-len_control=0",
                "-timeout=" + HANGS_AFTER_SECONDS,
                "-reload=0",
                "-artifact_prefix=" + work + "/",
                fresh.toString(),
                corpus.toString());
        return status == 0 ? "" : finding(status);
    }

    /** Copies to a folder the fewest inputs that reach what those of the other folders reach. */
    public boolean minimise(Path into, Path... from) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(
                List.of("-set_cover_merge=1", Files.createDirectories(into).toString()));
        for (Path folder : from) {
            arguments.add(folder.toString());
        }
        return jazzer(MINIMISING, arguments.toArray(String[]::new)) == 0
                && !CorpusFolder.files(into).isEmpty();
    }

    private List<String> command() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:+EnableDynamicAgentLoading",
                "-XX:ErrorFile=" + work + "/" + target + "-hs_err.log",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-D" + Entry.TARGET + "=" + target,
                "-D" + Entry.LAST_INPUT + "=" + lastInput(),
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + Entry.class.getName(),
                "--instrumentation_includes=io.tidemark.**",
                "--custom_hook_includes=io.tidemark.**",
                "--instrumentation_excludes=io.tidemark.fuzz.**",
                "--reproducer_path=" + work);
    }

    /** Whatever hangs, be it the fuzzer itself, is told and ends. */
    private int jazzer(Duration time, String... arguments) throws IOException, InterruptedException {
        // Who minimises starts itself again, by this name, for each part of the work.
        Path again = work.resolve("jazzer");
        Files.writeString(
                again,
                command().stream()
                        .map(word -> "'" + word + "'")
                        .collect(Collectors.joining(" ", "#!/bin/sh\nexec ", " \"$@\"\n")));
        Files.setPosixFilePermissions(again, PosixFilePermissions.fromString("rwxr-xr-x"));
        List<String> command = new ArrayList<>(command());
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().merge("PATH", work.toString(), (old, ours) -> ours + File.pathSeparator + old);
        Files.deleteIfExists(lastInput());
        Process process = builder.start();
        try {
            return process.waitFor(time.plus(PATIENCE)) ? process.exitValue() : stuck(process);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** SIGQUIT makes a JVM print what its threads do. */
    private int stuck(Process process) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-QUIT", Long.toString(process.pid()))
                .start()
                .waitFor();
        process.waitFor(DUMPING);
        Files.writeString(
                log, "did not end in time; what it did is above\n", StandardCharsets.UTF_8, StandardOpenOption.APPEND);
        return STUCK;
    }

    private String lastBase64() throws IOException {
        return Files.exists(lastInput()) ? Base64.getEncoder().encodeToString(LastInput.read(lastInput())) : "";
    }

    private Path lastInput() {
        return work.resolve(target + ".last");
    }

    private String finding(int status) throws IOException {
        String output = output();
        Matcher named = BASE64.matcher(output);
        // A JVM that was killed by a signal has not named its input.
        String input = named.find() ? named.group(1) : lastBase64();
        return "fuzzing %s ended with status %d (%s)%n%s%nto do it again: bin/fuzz --replay %s %s"
                .formatted(target, status, log, words(output), target, input);
    }

    /** Without the fuzzer's chatter. */
    private static String words(String output) {
        return output.lines()
                .filter(line -> !line.startsWith("INFO: ") && !line.startsWith("#") && !line.startsWith("WARNING: "))
                .limit(MOST_LINES)
                .collect(Collectors.joining("\n"));
    }

    /** How many inputs were run, and how much of the product they reached, for people. */
    public String summary() throws IOException {
        String output = output();
        return "%s: %s inputs, coverage %s".formatted(target, last(RUNS, output), last(COVERAGE, output));
    }

    private static String last(Pattern pattern, String text) {
        String found = "?";
        for (Matcher matcher = pattern.matcher(text); matcher.find(); ) {
            found = matcher.group(1);
        }
        return found;
    }

    private String output() throws IOException {
        return new String(Files.readAllBytes(log), StandardCharsets.ISO_8859_1);
    }
}
