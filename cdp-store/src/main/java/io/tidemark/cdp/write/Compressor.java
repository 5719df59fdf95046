// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import com.lmax.disruptor.EventHandler;
import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.disk.posix.ThreadPriority;
import java.util.function.LongSupplier;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;

/**
 * Compresses every N-th block of the ring, fast: the guest wants the processors, and packing makes of it what can be made. What does
 * not shrink by an eighth stays raw; behind a block that didn't, or with a backlog, that is guessed from some samples, so that content
 * which can't be compressed costs hardly anything.
 */
final class Compressor implements EventHandler<RawBlock> {
    /** A sample is a page, and begins at one: mostly it is all of a write, or lies in one. */
    private static final int SAMPLE = 4096;

    /** If half of the writes compress, one of 16 blocks has none of them among its samples. */
    private static final int SAMPLES = 4;

    private final String name;
    private final int ordinal;
    private final int count;
    private final LongSupplier published;
    private final int backlog;
    private final LZ4Compressor lz4 = LZ4Factory.fastestInstance().fastCompressor();
    private boolean paid = true;

    /**
     * @param published the sequence of the newest block in the ring
     * @param backlog how many blocks may wait before time counts more than size
     */
    Compressor(String name, int ordinal, int count, LongSupplier published, int backlog) {
        this.name = name;
        this.ordinal = ordinal;
        this.count = count;
        this.published = published;
        this.backlog = backlog;
    }

    @Override
    public void onStart() {
        Thread.currentThread().setName(name);
        ThreadPriority.standBack();
    }

    @Override
    public void onEvent(RawBlock block, long sequence, boolean endOfBatch) {
        if (sequence % count == ordinal && block.rawLength > 0) {
            compress(block, published.getAsLong() - sequence <= backlog);
        }
    }

    private void compress(RawBlock block, boolean unhurried) {
        boolean may = paid && unhurried || looksCompressible(block);
        int packed = may ? compress(block, 0, block.rawLength) : 0;
        paid = may && pays(packed, block.rawLength);
        block.codec = paid ? BlockHeader.LZ4 : BlockHeader.RAW;
        block.storedLength = paid ? packed : block.rawLength;
    }

    private static boolean pays(int packed, int length) {
        return packed <= length - length / 8;
    }

    /** Whether one of some places does. */
    private boolean looksCompressible(RawBlock block) {
        int step = block.rawLength / SAMPLES & -SAMPLE;
        if (step == 0) {
            return true;
        }
        for (int i = 0; i < SAMPLES; i++) {
            if (pays(compress(block, i * step, SAMPLE), SAMPLE)) {
                return true;
            }
        }
        return false;
    }

    private int compress(RawBlock block, int from, int length) {
        block.rawBytes.clear();
        block.packedBytes.clear();
        return lz4.compress(
                block.rawBytes,
                BlockHeader.SIZE + from,
                length,
                block.packedBytes,
                BlockHeader.SIZE,
                block.packedBytes.capacity() - BlockHeader.SIZE);
    }
}
