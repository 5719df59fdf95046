// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The results for programs: every run and the medians. */
final class JsonReport {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private JsonReport() {}

    static void write(Path file, Results results, List<Contender> contenders, String peer) throws IOException {
        ObjectNode root = JSON.createObjectNode().put("peer", peer);
        ObjectNode processes = root.putObject("processes");
        ObjectNode workloads = root.putObject("workloads");
        for (Contender contender : contenders) {
            String key = contender.name().toLowerCase(Locale.ROOT);
            results.footprint(contender).ifPresent(f -> processes.set(key, JSON.valueToTree(f)));
            for (Workload workload : results.workloads()) {
                results.median(workload, contender).ifPresent(median -> {
                    ObjectNode entry =
                            workloads.withObjectProperty(workload.name()).putObject(key);
                    entry.set("median", JSON.valueToTree(median));
                    entry.set("runs", JSON.valueToTree(results.runs(workload, contender)));
                });
            }
        }
        JSON.writeValue(file.toFile(), root);
    }
}
