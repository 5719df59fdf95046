// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A short command: its exit code, its standard output, and its errors apart. */
public record Command(int code, String output, String errors) {

    /** Runs a command to its end; kills it and throws when the limit is over. */
    public static Command run(Duration limit, List<String> command) {
        Path out = null;
        Path err = null;
        try {
            out = Files.createTempFile("tidemark-out", ".txt");
            err = Files.createTempFile("tidemark-err", ".txt");
            Process process = new ProcessBuilder(command)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new LabException(String.join(" ", command) + ": not done after " + limit.toSeconds() + " s");
            }
            return new Command(process.exitValue(), text(out), text(err));
        } catch (IOException e) {
            throw new LabException(command.getFirst() + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException(command.getFirst() + ": interrupted", e);
        } finally {
            delete(out);
            delete(err);
        }
    }

    /** The output's lines of a command that must succeed. */
    public static List<String> lines(Duration limit, List<String> command) {
        return run(limit, command)
                .orThrow(String.join(" ", command))
                .output()
                .lines()
                .toList();
    }

    /** This, if the exit code is 0; else throws with what the command said. */
    public Command orThrow(String what) {
        if (code != 0) {
            throw new LabException(what + ": exit code " + code + "\n" + errors.strip() + output.strip());
        }
        return this;
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            file.toFile().deleteOnExit();
        }
    }
}
