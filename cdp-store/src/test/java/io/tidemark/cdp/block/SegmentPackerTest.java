// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.format.BatchHeader;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.format.SegmentHeader;
import io.tidemark.cdp.format.Slot;
import io.tidemark.cdp.volume.MemoryVolume;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Segments that are packed: everything needed is there byte for byte at its old place, and nothing else is. */
class SegmentPackerTest {
    private static final int DISK = 4 << 20;

    /** Where the content of a record lies. */
    private record Content(int segment, long block, int in, int length, int checksum) {}

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final History history = Histories.inMemory(DISK);
    private final List<Content> contents = new ArrayList<>();

    @BeforeEach
    void write() {
        var model = new Model(DISK, 600 << 10, random);
        try (var writer = Histories.writer(history)) {
            for (int i = 0; i < 300; i++) {
                model.step(writer);
            }
        }
        contents.addAll(contentsOf(history));
        assertThat(contents).as("seed %s", seed).hasSizeGreaterThan(150);
    }

    private static List<Content> contentsOf(History history) {
        var contents = new ArrayList<Content>();
        for (var name : Histories.meta(history).list()) {
            var bytes = MemorySegment.ofArray(Histories.meta(history).content(name));
            for (long at = SegmentHeader.SIZE; at < bytes.byteSize(); at += BatchHeader.validAt(bytes, at)) {
                long end = at + BatchHeader.validAt(bytes, at);
                for (long slot = at + BatchHeader.SIZE; slot < end; slot += Slot.SIZE) {
                    if (Kind.hasData(bytes.get(Le.U8, slot + Slot.KIND))) {
                        contents.add(new Content(
                                bytes.get(Le.U32, slot + Slot.SEGMENT),
                                bytes.get(Le.U64, slot + Slot.BLOCK),
                                bytes.get(Le.U32, slot + Slot.IN_BLOCK),
                                (int) bytes.get(Le.U64, slot + Slot.LENGTH),
                                bytes.get(Le.U32, slot + Slot.CHECKSUM)));
                    }
                }
            }
        }
        return contents;
    }

    @Test
    void whatIsNeededStaysAtItsPlaceAndTheRestIsGone() {
        var kept = new ArrayList<Content>(contents);
        int generation = 0;
        for (; generation < 3; generation++) {
            var dropped = new ArrayList<Content>();
            kept.removeIf(content -> random.nextInt(3) == 0 && dropped.add(content));
            for (int segment = 1; segment <= Histories.data(history).list().size(); segment++) {
                SegmentPacker.pack(history, segment, generation, needed(kept, segment));
            }
            int now = generation + 1;
            try (var reader = new BlockReader(history, _ -> now, 4)) {
                for (var content : kept) {
                    assertThat(checksum(reader, content)).as("seed %s", seed).isEqualTo(content.checksum);
                }
                for (var content : dropped) {
                    assertThat(isGone(reader, content))
                            .as("seed %s: %s", seed, content)
                            .isTrue();
                }
            }
        }
    }

    @Test
    void smallBlocksShareOneThatIsPacked() {
        var small = Histories.inMemory(DISK);
        byte[] content = new byte[4096];
        random.nextBytes(content);
        try (var writer = Histories.writer(small)) {
            for (int number = 1; number <= 20; number++) {
                content[number] ^= 1;
                writer.write(number, 0, MemorySegment.ofArray(content));
                Histories.commit(writer); // so that it is a block
            }
        }
        var packed = SegmentPacker.pack(small, 1, 0, needed(contentsOf(small), 1));
        assertThat(Histories.data(small).content("00000001")).hasSizeGreaterThan(20 * content.length);
        assertThat(packed.bytes()).isLessThan(2L * content.length);
        assertThat(packed.bytes()).isEqualTo(((MemoryVolume) small.packed()).content(PackedFormat.name(1, 1)).length);
    }

    @Test
    void aSegmentThatNobodyNeedsIsEmpty() {
        var packed = SegmentPacker.pack(history, 1, 0, new NeededBytes());
        assertThat(packed.bytes()).isEqualTo(SegmentHeader.SIZE + PackedFormat.FOOTER);
    }

    @Test
    void damageInWhatIsNeededStopsThePackingAndLeavesNothing() {
        var name = "00000001";
        var bytes = Histories.data(history).content(name);
        var victim = contents.stream()
                .filter(content -> content.segment == 1)
                .toList()
                .get(3);
        bytes[(int) victim.block + 40] ^= 1;
        Histories.data(history).replace(name, bytes);
        assertThatThrownBy(() -> SegmentPacker.pack(history, 1, 0, needed(contents, 1)))
                .as("seed %s", seed)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("content");
        assertThat(((MemoryVolume) history.packed()).list()).isEmpty();
    }

    @Test
    void aFullVolumeLeavesNothing() {
        ((MemoryVolume) history.packed()).limitSpace(1000);
        assertThatThrownBy(() -> SegmentPacker.pack(history, 1, 0, needed(contents, 1)))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("no space left");
        assertThat(((MemoryVolume) history.packed()).list()).isEmpty();
    }

    /** Whatever bit is turned around: what is read is right, or refused. */
    @Test
    void noDamageIsBelieved() {
        SegmentPacker.pack(history, 1, 0, needed(contents, 1));
        var volume = (MemoryVolume) history.packed();
        var name = PackedFormat.name(1, 1);
        var right = volume.content(name);
        var first = contents.stream().filter(content -> content.segment == 1).toList();
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            var wrong = right.clone();
            // Half of them in the table and the end, which are small.
            int at = random.nextBoolean()
                    ? random.nextInt(wrong.length)
                    : wrong.length - 1 - random.nextInt(Math.min(wrong.length, 200));
            wrong[at] ^= (byte) (1 << random.nextInt(8));
            volume.replace(name, i % 10 == 0 ? java.util.Arrays.copyOf(right, at) : wrong);
            try (var reader = new BlockReader(history, _ -> 1, 4)) {
                for (var content : first) {
                    assertThat(checksum(reader, content))
                            .as("seed %s, byte %s", seed, at)
                            .isEqualTo(content.checksum);
                }
            } catch (StoreException e) {
                assertThat(e.code())
                        .as(e.getMessage())
                        .isIn(StoreException.Code.DAMAGED, StoreException.Code.UNSUPPORTED);
                refused++;
            }
        }
        assertThat(refused).as("seed %s", seed).isGreaterThan(200);
    }

    @Test
    void aReaderFollowsToTheGenerationThatTookItsPlace() throws Exception {
        SegmentPacker.pack(history, 1, 0, needed(contents, 1));
        Histories.data(history).delete("00000001");
        var moving = new Generations() {
            @Override
            public int of(int segment) {
                return 0;
            }

            @Override
            public int after(int segment, int gone) {
                return segment == 1 ? 1 : gone;
            }
        };
        try (var reader = new BlockReader(history, moving, 4)) {
            for (var content : contents) {
                assertThat(checksum(reader, content)).isEqualTo(content.checksum);
            }
        }
    }

    private static NeededBytes needed(List<Content> contents, int segment) {
        var needed = new NeededBytes();
        for (var content : contents) {
            if (content.segment == segment) {
                needed.add(content.block, content.in, content.length);
            }
        }
        return needed;
    }

    private static int checksum(BlockReader reader, Content content) {
        var block = reader.read(content.segment, content.block).bytes();
        return Le.crc32c(block, content.in, content.length);
    }

    /** Its block is gone, or ends before it, or has zeros in its place. */
    private static boolean isGone(BlockReader reader, Content content) {
        try {
            var block = reader.read(content.segment, content.block).bytes();
            if (content.in >= block.byteSize()) {
                return true;
            }
            long to = Math.min(block.byteSize(), content.in + content.length);
            return MemorySegment.mismatch(
                            block, content.in, to, MemorySegment.ofArray(new byte[content.length]), 0, to - content.in)
                    < 0;
        } catch (StoreException e) {
            return e.getMessage().contains("no point needs it");
        }
    }
}
