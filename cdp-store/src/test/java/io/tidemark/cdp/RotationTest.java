// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.write.WriterOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
                        Histories.commit(writer);
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

    /** Whoever brings the lost records back must still find what they name. */
    @Test
    @Timeout(60)
    void dataBehindLostRecordsIsLeftAlone() throws Exception {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        var random = new Random(seed);
        var model = new Model(DISK, 300 << 10, random);
        var store = Store.openOrCreate(directory);
        var tiny = WriterOptions.DEFAULT.withSegments(50_000, 1000).withCommitInterval(Duration.ZERO);
        try (var writer = store.write("vda", DISK, tiny)) {
            for (int i = 0; i < 60; i++) {
                model.step(writer);
                Histories.commit(writer);
            }
        }
        var meta = directory.resolve("disks/vda/meta");
        var aside = Files.createDirectory(directory.resolve("aside"));
        var all = names("meta");
        for (var name : all) {
            Files.copy(meta.resolve(name), aside.resolve(name));
        }
        for (var name : all.subList(all.size() / 2, all.size())) {
            Files.delete(meta.resolve(name));
        }
        var data = names("data");
        store.write("vda", DISK, tiny).close();
        assertThat(names("data")).as("seed %s", seed).containsAll(data);

        // All of it, as from a backup: the segment before the lost ones may tell of the gap by now.
        for (var name : names("meta")) {
            Files.delete(meta.resolve(name));
        }
        for (var name : list(aside)) {
            Files.move(aside.resolve(name), meta.resolve(name));
        }
        try (var reader = store.read("vda");
                var view = reader.view(reader.resolve(new Point.WriteNumber(model.states.size() - 1)))) {
            assertThat(Model.checksum(view, new byte[DISK])).as("seed %s", seed).isEqualTo(model.checksum());
        }
    }

    private List<String> names(String volume) throws Exception {
        return list(directory.resolve("disks/vda").resolve(volume));
    }

    private static List<String> list(Path folder) throws Exception {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private long count(String volume) throws Exception {
        try (var files = Files.list(directory.resolve("disks/vda").resolve(volume))) {
            return files.count();
        }
    }
}
