// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.read.Damage;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.cdp.write.WriterOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A reader that comes while a writer runs sees a prefix of the history, with all that was durable before it came. */
class ReaderBesideWriterTest {
    private static final int DISK = 512 << 10;

    @TempDir
    Path directory;

    private record Seen(long number, long checksum) {}

    @Test
    @Timeout(60)
    void everyReaderSeesAPrefixThatOnlyGrows() throws Exception {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("reader beside writer seed " + seed);
        var store = Store.openOrCreate(directory);
        var model = new Model(DISK, 300 << 10, new Random(seed));
        var options = WriterOptions.DEFAULT.withSegments(256 << 10, 4 << 10).withCommitInterval(Duration.ofMillis(1));
        var enough = new AtomicBoolean();
        var seen = new ArrayList<Seen>();
        var opened = new CompletableFuture<HistoryWriter>();
        var writing = CompletableFuture.runAsync(() -> {
            try (var writer = store.write("vda", DISK, options)) {
                opened.complete(writer);
                for (int i = 0; i < 50_000 && !enough.get(); i++) {
                    model.step(writer);
                    writer.pause();
                }
            }
        });
        try {
            var writer = opened.get(10, TimeUnit.SECONDS);
            assertThat(writer.awaitDurable(1, Duration.ofSeconds(20))).isTrue();
            for (int i = 0; i < 20; i++) {
                seen.addAll(look(store, writer.durable(), seen, seed));
            }
        } finally {
            enough.set(true);
            writing.join();
        }
        assertThat(seen.getLast().number()).isPositive();
        for (var state : seen) {
            assertThat(state.checksum())
                    .as("seed %s, write %d", seed, state.number())
                    .isEqualTo(model.states.get((int) state.number()));
        }
    }

    private static List<Seen> look(Store store, long durable, List<Seen> before, long seed) {
        try (var reader = store.read("vda")) {
            long position = reader.position();
            assertThat(reader.damage()).as("seed %s", seed).allMatch(Damage::torn);
            assertThat(position).as("seed %s", seed).isGreaterThanOrEqualTo(durable);
            if (!before.isEmpty()) {
                assertThat(position).isGreaterThanOrEqualTo(before.getLast().number());
            }
            assertThat(reader.checkData((done, total) -> {}))
                    .as("seed %s", seed)
                    .allMatch(Damage::torn);
            var found = new ArrayList<Seen>();
            for (long number : position == 0 ? List.<Long>of() : List.of(position / 2, position)) {
                try (var view = reader.view(reader.resolve(new Point.WriteNumber(number)))) {
                    found.add(new Seen(number, Model.checksum(view, new byte[DISK])));
                }
            }
            return found;
        }
    }
}
