// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.write.HistoryWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A history that is written, thinned and packed while the server of its file system goes down and comes up again. Whoever brings that
 * about waits for a file, {@code -Dtidemark.restart=FILE}, see bin/nfs; without it nothing happens to the server.
 */
class RestartedServerTest {
    private static final int CHANGES = 30;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());

    @TempDir
    Path folder;

    @Test
    void aServerThatRestartsUnderAHistoryCostsNothing() {
        System.out.println("seed " + seed);
        var store = folder.resolve("store");
        Store.openOrCreate(store);
        var world = new WritingWorld(new Random(seed));
        world.write(() -> writer(store), CHANGES, _ -> true);
        isWhole(store, world);
        world.write(() -> writer(store), CHANGES, change -> {
            if (change == CHANGES / 6) {
                restart();
            }
            return true;
        });
        isWhole(store, world);
        var copy = folder.resolve("copy");
        Export.run(Store.open(store), "vda", Store.openOrCreate(copy), (_, _) -> {});
        isWhole(copy, world);
    }

    private static HistoryWriter writer(Path store) {
        return Store.open(store).write("vda", WritingWorld.DISK, WritingWorld.OPTIONS);
    }

    private static void restart() {
        var signal = System.getProperty("tidemark.restart");
        if (signal != null && !Files.exists(Path.of(signal))) { // asked for again while a change isn't durable
            try {
                Files.createFile(Path.of(signal));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void isWhole(Path store, WritingWorld world) {
        assertThat(Verify.run(Store.open(store), (_, _) -> {}).isDamaged()).isFalse();
        try (var reader = Store.open(store).read("vda");
                var view = reader.view(reader.resolve(new Point.Latest()))) {
            assertThat(reader.position()).isEqualTo(world.position());
            assertThat(WritingWorld.checksum(view)).isEqualTo(world.checksum((int) world.position()));
        }
    }
}
