// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.json.Json;
import java.io.PrintWriter;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** How a command prints its result. */
final class OutputOption {
    enum Format {
        TEXT,
        JSON
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text (default) or json")
    private Format format = Format.TEXT;

    boolean isJson() {
        return format == Format.JSON;
    }

    /** Prints the value as JSON, or lets it be written as text. */
    void print(PrintWriter out, Object value, Consumer<PrintWriter> text) {
        if (format == Format.JSON) {
            out.println(Json.text(value));
        } else {
            text.accept(out);
        }
        out.flush();
    }
}
