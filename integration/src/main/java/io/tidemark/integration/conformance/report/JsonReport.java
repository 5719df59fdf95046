// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.tidemark.integration.conformance.Outcome;
import java.util.List;
import java.util.Locale;

/** For programs: an array with an object per rule. */
public final class JsonReport {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private JsonReport() {}

    public static String of(List<Outcome> outcomes) {
        ArrayNode all = JSON.createArrayNode();
        for (Outcome outcome : outcomes) {
            all.addObject()
                    .put("rule", outcome.rule().id())
                    .put("level", outcome.rule().level().name().toLowerCase(Locale.ROOT))
                    .put("section", outcome.rule().section())
                    .put("sentence", outcome.rule().sentence())
                    .put("verdict", outcome.verdict().word())
                    .put("reason", outcome.verdict().reason())
                    .put("aftermath", outcome.after().sentence())
                    .put("milliseconds", outcome.millis());
        }
        try {
            return JSON.writeValueAsString(all);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
