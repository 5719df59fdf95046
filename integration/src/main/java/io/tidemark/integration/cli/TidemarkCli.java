// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.LabException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code bin/tidemark}, run as a user runs it. */
public final class TidemarkCli {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final ObjectMapper JSON = new ObjectMapper();

    private TidemarkCli() {}

    /** Runs a command, whatever its exit code. */
    public static Command run(String... arguments) {
        List<String> command = new ArrayList<>(List.of(Checkout.file("bin/tidemark")));
        command.addAll(List.of(arguments));
        return Command.run(LIMIT, command);
    }

    /** Runs a command that must succeed with {@code --output json}, and reads its answer. */
    public static JsonNode json(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--output", "json"));
        Command done = run(all.toArray(String[]::new)).orThrow("bin/tidemark " + String.join(" ", all));
        return parse(done.output());
    }

    /** What a command has said with {@code --output json}. */
    public static JsonNode parse(String output) {
        try {
            return JSON.readTree(output);
        } catch (JsonProcessingException e) {
            throw new LabException("bin/tidemark: this is no JSON: " + output, e);
        }
    }

    /** Restores disk vda at a point into a new raw image. */
    public static JsonNode restore(Path store, String point, Path to) {
        return json("restore", "vda", "--store", store.toString(), "--at", point, "--to", "raw:" + to);
    }

    /** As {@link #restore}, whatever its exit code. */
    public static Command tryRestore(Path store, String point, Path to) {
        return run("restore", "vda", "--store", store.toString(), "--at", point, "--to", "raw:" + to);
    }

    /** Reads everything in the store; exit code 1 means damage. */
    public static Command verify(Path store) {
        return run("verify", "--store", store.toString(), "--output", "json");
    }
}
