// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.format.BatchHeader;
import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.format.Slot;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.restore.ArrayTarget;
import io.tidemark.cdp.restore.Restore;
import io.tidemark.cdp.restore.RestoreOptions;
import io.tidemark.cdp.volume.MemoryVolume;
import io.tidemark.cdp.write.WriterOptions;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Fields that make no sense under checksums that are right: each a report or a clear error, never a crash or a hang. */
class HostileStoreProperty {
    private static final RestoreOptions ONE_THREAD = new RestoreOptions(1, 1000, 1 << 20, Duration.ofSeconds(1));
    private static final int DISK = 256 << 10;

    private static final int[] BATCH_FIELDS = {
        BatchHeader.FLAGS,
        BatchHeader.SLOTS,
        BatchHeader.DATA_SEGMENT,
        BatchHeader.DATA_END,
        BatchHeader.SEQUENCE,
        BatchHeader.BEFORE,
        BatchHeader.AFTER,
        BatchHeader.BLOCKS
    };

    private static final int[] SLOT_FIELDS = {
        Slot.KIND,
        Slot.FLAGS,
        Slot.CHECKSUM,
        Slot.TIME,
        Slot.NUMBER,
        Slot.OFFSET,
        Slot.LENGTH,
        Slot.SEGMENT,
        Slot.IN_BLOCK,
        Slot.BLOCK
    };

    private static final int[] BLOCK_FIELDS = {
        BlockHeader.CODEC, BlockHeader.RAW_LENGTH, BlockHeader.STORED_LENGTH, BlockHeader.SEQUENCE
    };

    private static final int[] SEGMENT_FIELDS = {
        SegmentHeader.VERSION,
        SegmentHeader.HEADER_LENGTH,
        SegmentHeader.HISTORY,
        SegmentHeader.NUMBER,
        SegmentHeader.CAPACITY,
        SegmentHeader.FIRST
    };

    /** One wrong number. */
    record Lie(int where, int field, long value, int bytes) {}

    @Provide
    Arbitrary<List<Lie>> lies() {
        Arbitrary<Long> values = Arbitraries.oneOf(
                Arbitraries.of(
                        0L,
                        1L,
                        -1L,
                        2L,
                        255L,
                        511L,
                        512L,
                        65536L,
                        1L << 31,
                        (1L << 32) + 64,
                        1L << 40,
                        Long.MAX_VALUE,
                        Long.MAX_VALUE - 511,
                        Long.MIN_VALUE),
                Arbitraries.longs());
        return net.jqwik.api.Combinators.combine(
                        Arbitraries.integers().between(0, 1 << 20),
                        Arbitraries.integers().between(0, 63),
                        values,
                        Arbitraries.of(1, 2, 4, 8))
                .as(Lie::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(3);
    }

    @Property(tries = 150)
    void batches(@ForAll("lies") List<Lie> lies) {
        attempt(history -> lies.forEach(lie -> inBatch(history, lie, BATCH_FIELDS, false)));
    }

    @Property(tries = 500)
    void slots(@ForAll("lies") List<Lie> lies) {
        attempt(history -> lies.forEach(lie -> inBatch(history, lie, SLOT_FIELDS, true)));
    }

    @Property(tries = 150)
    void blocks(@ForAll("lies") List<Lie> lies) {
        attempt(history -> lies.forEach(lie -> inBlock(history, lie)));
    }

    @Property(tries = 100)
    void segments(@ForAll("lies") List<Lie> lies, @ForAll boolean meta) {
        attempt(history -> lies.forEach(lie -> inSegment(meta ? history.meta() : history.data(), lie)));
    }

    private interface Abuse {
        void of(History history);
    }

    /** Two runs with a history each time cut in several batches, to be copied before each abuse. */
    private static final History GOOD = good();

    private static final WriterOptions OPTIONS = new WriterOptions(
            2, 1, Duration.ofMillis(100), Duration.ofMillis(5), 1 << 20, Duration.ofSeconds(5), 1 << 20, 32 << 10, 0);

    private static History good() {
        var history = Histories.inMemory(DISK);
        var model = new Model(DISK, 32 << 10, new Random(1));
        for (int run = 0; run < 2; run++) {
            try (var writer = Histories.writer(history)) {
                for (int i = 0; i < 30; i++) {
                    model.step(writer);
                    if (i % 10 == 0) {
                        writer.commit();
                    }
                }
            }
        }
        return history;
    }

    private static void attempt(Abuse abuse) {
        var history = Histories.inMemory(DISK);
        copy(Histories.data(GOOD), Histories.data(history));
        copy(Histories.meta(GOOD), Histories.meta(history));
        abuse.of(history);
        assertThat(Verify.run(history, false, (done, total) -> {}).disk()).isEqualTo("vda");
        use(history);
        try (var writer = Histories.writer(history, OPTIONS)) {
            writer.zero(0, 0, 512);
        } catch (StoreException e) {
            assertThat(e).hasMessageContaining(":");
        }
        use(history);
    }

    private static void copy(MemoryVolume from, MemoryVolume to) {
        from.list().forEach(name -> to.replace(name, from.content(name)));
    }

    private static void use(History history) {
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.summary().disk()).isEqualTo("vda");
            assertThat(reader.summary().toString()).isNotEmpty();
            for (Point point : List.of(
                    new Point.Latest(),
                    new Point.WriteNumber(0),
                    new Point.WriteNumber(20),
                    new Point.WriteNumber(reader.position()),
                    new Point.Time(1_700_000_000_010_000L))) {
                try (var view = reader.view(reader.resolve(point))) {
                    var target = new ArrayTarget(new byte[DISK], false);
                    var state = view.state();
                    var result = Restore.run(() -> reader.view(state), target, ONE_THREAD, (done, total) -> {});
                    assertThat(result.bytes()).isLessThanOrEqualTo(DISK);
                    view.read(0, MemorySegment.ofArray(new byte[DISK]));
                } catch (StoreException e) {
                    assertThat(e).hasMessageContaining(":");
                }
            }
        } catch (StoreException e) {
            assertThat(e).hasMessageContaining(":");
        }
    }

    private static void inBatch(History history, Lie lie, int[] fields, boolean slot) {
        var meta = Histories.meta(history);
        var places = new ArrayList<long[]>();
        var names = meta.list();
        for (int i = 0; i < names.size(); i++) {
            var bytes = MemorySegment.ofArray(meta.content(names.get(i)));
            for (long at = SegmentHeader.SIZE, length; at < bytes.byteSize(); at += length) {
                length = BatchHeader.validAt(bytes, at);
                if (length == 0) {
                    break;
                }
                places.add(new long[] {i, at, length});
            }
        }
        if (places.isEmpty()) {
            return;
        }
        var place = places.get(lie.where % places.size());
        var name = names.get((int) place[0]);
        var content = meta.content(name);
        var bytes = MemorySegment.ofArray(content);
        long at = place[1];
        long slots = (place[2] - BatchHeader.SIZE) / Slot.SIZE;
        long base = slot ? at + BatchHeader.SIZE + lie.where / 7 % slots * Slot.SIZE : at;
        put(bytes, base + fields[lie.field % fields.length], lie);
        long covered = Integer.toUnsignedLong(bytes.get(Le.U32, at + BatchHeader.SLOTS)) * Slot.SIZE;
        if (covered <= bytes.byteSize() - at - BatchHeader.SIZE) {
            bytes.set(Le.U32, at + BatchHeader.SLOTS_CHECKSUM, Le.crc32c(bytes, at + BatchHeader.SIZE, covered));
        }
        bytes.set(Le.U32, at + BatchHeader.CHECKSUM, Le.crc32c(bytes, at, BatchHeader.CHECKSUM));
        meta.replace(name, content);
    }

    private static void inBlock(History history, Lie lie) {
        var data = Histories.data(history);
        var name = data.list().get(lie.where % data.list().size());
        var content = data.content(name);
        var bytes = MemorySegment.ofArray(content);
        var starts = new ArrayList<Long>();
        for (long at = SegmentHeader.SIZE; at <= bytes.byteSize() - BlockHeader.SIZE; at++) {
            if (bytes.get(Le.U32, at) == BlockHeader.MAGIC_VALUE) {
                starts.add(at);
            }
        }
        long at = starts.get(lie.where / 3 % starts.size());
        put(bytes, at + BLOCK_FIELDS[lie.field % BLOCK_FIELDS.length], lie);
        long stored = Integer.toUnsignedLong(bytes.get(Le.U32, at + BlockHeader.STORED_LENGTH));
        if (stored <= bytes.byteSize() - at - BlockHeader.SIZE) {
            bytes.set(Le.U32, at + BlockHeader.CONTENT_CHECKSUM, Le.crc32c(bytes, at + BlockHeader.SIZE, stored));
        }
        bytes.set(Le.U32, at + BlockHeader.CHECKSUM, Le.crc32c(bytes, at, BlockHeader.CHECKSUM));
        data.replace(name, content);
    }

    private static void inSegment(io.tidemark.cdp.volume.StoreVolume volume, Lie lie) {
        var memory = (MemoryVolume) volume;
        var name = memory.list().get(lie.where % memory.list().size());
        var content = memory.content(name);
        var bytes = MemorySegment.ofArray(content);
        put(bytes, SEGMENT_FIELDS[lie.field % SEGMENT_FIELDS.length], lie);
        bytes.set(Le.U32, SegmentHeader.CHECKSUM, Le.crc32c(bytes, 0, SegmentHeader.CHECKSUM));
        memory.replace(name, content);
    }

    private static void put(MemorySegment bytes, long at, Lie lie) {
        for (int i = 0; i < lie.bytes && at + i < bytes.byteSize(); i++) {
            bytes.set(Le.U8, at + i, (byte) (lie.value >> (8 * i)));
        }
    }
}
