// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.index.LayerMaker;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.volume.MemoryVolume;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Layers and catalogues that make no sense under checksums that are right: each a clear error, never a crash or a hang. */
class HostileIndexTest {
    private static final int DISK = 256 << 10;
    private static final int ROUNDS = 400;
    private static final long[] VALUES = {
        0, 1, -1, 2, 511, 512, 1 << 16, 1L << 31, (1L << 31) - 1, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE
    };

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final History history = Histories.inMemory(DISK);

    private void write() throws IOException {
        var model = new Model(DISK, 32 << 10, random);
        try (var writer = Histories.tinyWriter(history)) {
            for (int i = 0; i < 300; i++) {
                model.step(writer);
                if (i % 5 == 0) {
                    writer.commit();
                }
            }
        }
        var file = CatalogueFile.open(history, CatalogueFile.read(history).catalogue());
        var maker = new LayerMaker(history, file, () -> false);
        boolean more = true;
        while (more) {
            more = maker.step(Integer.parseInt(history.meta().list().getLast()) - 1);
        }
        // The writer may have been closed in the middle of a layer.
        file.removeUnnamed(_ -> false);
    }

    private void lie(MemorySegment bytes, long from, long to) {
        long at = from + random.nextLong(to - from);
        long value = random.nextInt(3) == 0 ? random.nextLong() : VALUES[random.nextInt(VALUES.length)];
        int length = 1 << random.nextInt(4);
        at -= at % length;
        for (int i = 0; i < length && at + i < to; i++) {
            bytes.set(Le.U8, at + i, (byte) (value >> (8 * i)));
        }
    }

    private void use(String what) {
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.summary().toString()).isNotEmpty();
            for (Point point : List.of(
                    new Point.Latest(),
                    new Point.WriteNumber(0),
                    new Point.WriteNumber(20),
                    new Point.WriteNumber(reader.position()),
                    new Point.Flush(new Point.Latest()),
                    new Point.Time(1_700_000_000_050_000L))) {
                try (var view = reader.view(reader.resolve(point))) {
                    view.forEachData(0, DISK, (_, _, _) -> true);
                    assertThat(view.extentAt(0).length()).isPositive();
                    view.read(0, MemorySegment.ofArray(new byte[DISK]));
                } catch (StoreException e) {
                    assertThat(e).as(what).hasMessageContaining(":");
                }
            }
            reader.blame(0, DISK, reader.begin(), reader.end(), 10);
            reader.checkData((_, _) -> {});
        } catch (StoreException e) {
            assertThat(e).as(what).hasMessageContaining(":");
        }
    }

    @Test
    @Timeout(60)
    void layers() throws Exception {
        System.out.println("hostile index seed " + seed);
        write();
        var volume = (MemoryVolume) history.layers();
        for (int round = 0; round < ROUNDS; round++) {
            var names = volume.list();
            var name = names.get(random.nextInt(names.size()));
            byte[] good = volume.content(name);
            var content = good.clone();
            var bytes = MemorySegment.ofArray(content);
            long end = content.length - LayerFormat.FOOTER;
            long page = SegmentHeader.SIZE + LayerFormat.ENTRIES + 10 * LayerFormat.ENTRY;
            if (end < page || random.nextBoolean()) {
                lie(bytes, end, content.length - 4);
                bytes.set(
                        Le.U32, end + LayerFormat.FOOTER_CHECKSUM, Le.crc32c(bytes, end, LayerFormat.FOOTER_CHECKSUM));
            } else {
                lie(bytes, SegmentHeader.SIZE, page);
                bytes.set(
                        Le.U32,
                        SegmentHeader.SIZE + LayerFormat.PAGE_CHECKSUM,
                        Le.crc32c(bytes, SegmentHeader.SIZE, LayerFormat.PAGE_CHECKSUM));
            }
            volume.replace(name, content);
            use("layer " + name + ", round " + round + ", seed " + seed);
            volume.replace(name, good);
        }
    }

    @Test
    @Timeout(60)
    void catalogues() throws Exception {
        write();
        byte[] good = history.place().read(CatalogueFile.NAME);
        for (int round = 0; round < ROUNDS; round++) {
            var content = good.clone();
            var bytes = MemorySegment.ofArray(content);
            for (int i = random.nextInt(3); i >= 0; i--) {
                lie(bytes, 32, content.length);
            }
            bytes.set(Le.U32, 56, Le.crc32c(bytes, 64, content.length - 64));
            bytes.set(Le.U32, 60, Le.crc32c(bytes, 0, 60));
            history.place().replace(CatalogueFile.NAME, content);
            history.place().replace(CatalogueFile.SPARE, content);
            use("catalogue, round " + round + ", seed " + seed);
        }
    }
}
