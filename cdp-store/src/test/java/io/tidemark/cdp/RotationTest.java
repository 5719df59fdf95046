// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.write.WriterOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Segments so small that nearly every block and every batch begins a new one, on a real directory. */
class RotationTest {
    private static final int DISK = 1 << 20;

    @TempDir
    Path directory;

    @Test
    @Timeout(60)
    void everyStateIsThereOverManySegmentsAndOpenings() throws Exception {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("rotation seed " + seed);
        var random = new Random(seed);
        var model = new Model(DISK, 300 << 10, random);
        var store = Store.openOrCreate(directory);
        for (int opening = 0; opening < 8; opening++) {
            var tiny = WriterOptions.DEFAULT
                    .withSegments(1 + random.nextInt(100_000), 1 + random.nextInt(1000))
                    .withCommitInterval(Duration.ZERO);
            try (var writer = store.write("vda", DISK, tiny)) {
                assertThat(writer.position()).isEqualTo(model.states.size() - 1);
                assertThat(writer.followsCleanEnd()).isTrue();
                for (int i = 0; i < 60; i++) {
                    model.step(writer);
                    if (random.nextInt(3) == 0) {
                        writer.commit();
                    }
                }
            }
        }
        assertThat(count("data")).isGreaterThan(20);
        assertThat(count("meta")).isGreaterThan(20);
        assertThat(Verify.run(store, (done, total) -> {}).disks())
                .singleElement()
                .satisfies(disk -> assertThat(disk.damage()).as("seed %s", seed).isEmpty());
        var scratch = new byte[DISK];
        try (var reader = store.read("vda")) {
            for (int number = 0; number < model.states.size(); number += 1 + random.nextInt(8)) {
                try (var view = reader.view(reader.resolve(new Point.WriteNumber(number)))) {
                    assertThat(Model.checksum(view, scratch))
                            .as("seed %s, write %d", seed, number)
                            .isEqualTo(model.states.get(number));
                }
            }
        }
    }

    private long count(String volume) throws Exception {
        try (var files = Files.list(directory.resolve("disks/vda").resolve(volume))) {
            return files.count();
        }
    }
}
