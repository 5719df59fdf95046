// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import com.lmax.disruptor.EventHandler;
import io.tidemark.cdp.format.BlockHeader;
import java.util.function.LongSupplier;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;

/**
 * Compresses every N-th block of the ring. With no backlog it takes the slow, strong LZ4 coder, else the fast one; both
 * write the same format. What does not shrink by an eighth stays raw.
 */
final class Compressor implements EventHandler<RawBlock> {
    private static final int STRONG_LEVEL = 6;

    private final String name;
    private final int ordinal;
    private final int count;
    private final LongSupplier published;
    private final int backlog;
    private final LZ4Compressor fast;
    private final LZ4Compressor strong;

    /**
     * @param published the sequence of the newest block in the ring
     * @param backlog how many blocks may wait before speed counts more than size
     */
    Compressor(String name, int ordinal, int count, LongSupplier published, int backlog) {
        this.name = name;
        this.ordinal = ordinal;
        this.count = count;
        this.published = published;
        this.backlog = backlog;
        var factory = LZ4Factory.fastestInstance();
        this.fast = factory.fastCompressor();
        this.strong = factory.highCompressor(STRONG_LEVEL);
    }

    @Override
    public void onStart() {
        Thread.currentThread().setName(name);
    }

    @Override
    public void onEvent(RawBlock block, long sequence, boolean endOfBatch) {
        if (sequence % count == ordinal && block.rawLength > 0) {
            compress(block, published.getAsLong() - sequence <= backlog);
        }
    }

    private void compress(RawBlock block, boolean unhurried) {
        int packed = compress(block, fast);
        boolean pays = packed <= block.rawLength - block.rawLength / 8;
        if (pays && unhurried) {
            packed = compress(block, strong);
        }
        block.codec = pays ? BlockHeader.LZ4 : BlockHeader.RAW;
        block.storedLength = pays ? packed : block.rawLength;
    }

    private static int compress(RawBlock block, LZ4Compressor compressor) {
        block.rawBytes.clear();
        block.packedBytes.clear();
        return compressor.compress(
                block.rawBytes,
                BlockHeader.SIZE,
                block.rawLength,
                block.packedBytes,
                BlockHeader.SIZE,
                block.packedBytes.capacity() - BlockHeader.SIZE);
    }
}
