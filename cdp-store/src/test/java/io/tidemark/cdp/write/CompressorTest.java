// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.format.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.Test;

class CompressorTest {
    private static final int PAGE = 4096;
    private static final int PAGES = BlockHeader.MAX_RAW / PAGE;

    private final Compressor compressor = new Compressor("lz4", 0, 1, () -> 0, 4);
    private final Random random = new Random(7);

    /** Of what doesn't compress nothing is lost but the try: as soon as content does, it is compressed again. */
    @Test
    void compressesAgainBehindBlocksThatDoNot() {
        try (var arena = Arena.ofConfined()) {
            var block = new RawBlock(arena);
            for (int round = 0; round < 3; round++) {
                assertThat(compressed(block, 0)).isFalse();
                assertThat(compressed(block, 0)).isFalse();
                assertThat(compressed(block, PAGES)).isTrue();
                assertThat(compressed(block, PAGES / 2)).isTrue();
            }
        }
    }

    /** A block that is passed on early is too small for samples. */
    @Test
    void triesSmallBlocksAlways() {
        try (var arena = Arena.ofConfined()) {
            var block = new RawBlock(arena);
            assertThat(compressed(block, 0)).isFalse();
            block.reset();
            put(block, false);
            put(block, true);
            assertThat(compressed(block)).isTrue();
        }
    }

    /** Whether a full block is, so many pages of which compress, at random places. */
    private boolean compressed(RawBlock block, int compressible) {
        block.reset();
        int left = compressible;
        for (int page = 0; page < PAGES; page++) {
            boolean chosen = random.nextInt(PAGES - page) < left;
            left -= chosen ? 1 : 0;
            put(block, chosen);
        }
        return compressed(block);
    }

    private void put(RawBlock block, boolean compressible) {
        var content = new byte[PAGE];
        random.nextBytes(content);
        if (compressible) {
            System.arraycopy(content, 0, content, PAGE / 4, PAGE / 4);
            System.arraycopy(content, 0, content, PAGE / 2, PAGE / 2);
        }
        block.content(Kind.WRITE, (byte) 0, 1, 1, 0, MemorySegment.ofArray(content), 0, PAGE);
    }

    private boolean compressed(RawBlock block) {
        compressor.onEvent(block, 0, true);
        boolean packed = block.codec == BlockHeader.LZ4;
        assertThat(block.codec).isEqualTo(packed ? BlockHeader.LZ4 : BlockHeader.RAW);
        if (packed) {
            assertThat(unpacked(block)).isEqualTo(bytes(block.raw, block.rawLength));
        } else {
            assertThat(block.storedLength).isEqualTo(block.rawLength);
        }
        return packed;
    }

    private static byte[] unpacked(RawBlock block) {
        var to = new byte[block.rawLength];
        LZ4Factory.fastestInstance().safeDecompressor().decompress(bytes(block.packed, block.storedLength), to);
        return to;
    }

    private static byte[] bytes(MemorySegment of, int length) {
        return of.asSlice(BlockHeader.SIZE, length).toArray(ValueLayout.JAVA_BYTE);
    }
}
