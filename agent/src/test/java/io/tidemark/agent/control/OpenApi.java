// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The API's document, to hold the server against. */
final class OpenApi {
    private final ObjectNode root;

    private OpenApi(ObjectNode root) {
        this.root = root;
    }

    static OpenApi load() throws IOException {
        try (InputStream in = ControlApi.class.getResourceAsStream("openapi.yaml")) {
            return new OpenApi((ObjectNode) new YAMLMapper().readTree(in));
        }
    }

    List<String> operations() {
        List<String> operations = new ArrayList<>();
        root.get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().stream()
                        .filter(entry -> !entry.getKey().equals("parameters"))
                        .forEach(method ->
                                operations.add(method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey())));
        return operations;
    }

    /** What in the response is not as the document says. */
    List<String> violations(String method, String route, RawHttp.Response response) throws IOException {
        JsonNode responses = root.get("paths")
                .get(route)
                .get(method.toLowerCase(Locale.ROOT))
                .get("responses");
        String status = String.valueOf(response.status());
        JsonNode described = resolve(responses.has(status) ? responses.get(status) : responses.get("default"));
        JsonNode content = described.get("content").get(response.header("content-type"));
        if (content == null) {
            return List.of("content type " + response.header("content-type") + " is not described for " + status);
        }
        ObjectNode schema = root.deepCopy();
        schema.set("$ref", content.get("schema").get("$ref"));
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(schema)
                .validate(new ObjectMapper().readTree(response.body()))
                .stream()
                .map(Object::toString)
                .toList();
    }

    private JsonNode resolve(JsonNode node) {
        return node.has("$ref") ? root.at(node.get("$ref").asText().substring(1)) : node;
    }
}
