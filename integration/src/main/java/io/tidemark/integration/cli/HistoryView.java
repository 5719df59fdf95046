// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.LabException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What {@code tidemark history --output json} says of disk vda. */
public record HistoryView(JsonNode json) {

    /** The states after these writes are restorable, both ends included. */
    public record Interval(long firstWrite, long lastWrite) {}

    public static HistoryView of(Path store) {
        return new HistoryView(TidemarkCli.json("history", "vda", "--store", store.toString()));
    }

    /** Waits until every new write is restorable on its own: the disk's first content is read. */
    public static HistoryView awaitProtected(Path store) {
        return awaitProtected(store, "start");
    }

    /** Waits until the history holds a gap for that reason, and no gap is open. */
    public static HistoryView awaitProtected(Path store, String reason) {
        HistoryView[] last = new HistoryView[1];
        Await.until("protection of vda in " + store, Duration.ofSeconds(60), () -> {
            Command asked = TidemarkCli.run("history", "vda", "--store", store.toString(), "--output", "json");
            if (asked.code() != 0) {
                // The store is being made.
                return false;
            }
            last[0] = new HistoryView(TidemarkCli.parse(asked.output()));
            return last[0].gapReasons().contains(reason)
                    && !last[0].hasOpenGap()
                    && !last[0].intervals().isEmpty();
        });
        return last[0];
    }

    public List<Interval> intervals() {
        return elements("intervals")
                .map(i -> new Interval(
                        i.required("firstWrite").asLong(),
                        i.required("lastWrite").asLong()))
                .toList();
    }

    /** Where the history ends. */
    public Interval lastInterval() {
        List<Interval> all = intervals();
        if (all.isEmpty()) {
            throw new LabException("history of vda: nothing is restorable: " + json);
        }
        return all.getLast();
    }

    public List<String> gapReasons() {
        return elements("gaps").map(g -> g.required("reason").asText()).toList();
    }

    /** Bytes that the history takes, of content and of metadata. */
    public long storedBytes() {
        JsonNode sizes = json.required("sizes");
        return sizes.required("data").asLong() + sizes.required("metadata").asLong();
    }

    private boolean hasOpenGap() {
        return elements("gaps").anyMatch(g -> !g.hasNonNull("untilWrite"));
    }

    private Stream<JsonNode> elements(String name) {
        return StreamSupport.stream(json.required(name).spliterator(), false);
    }
}
