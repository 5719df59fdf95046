// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.block;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.tidemark.cdp.format.BlockHeader;
import java.lang.foreign.MemorySegment;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/** Unpacks what a block stores. Believes nothing of it: writes into the given room only. Belongs to one thread. */
final class BlockDecoder implements AutoCloseable {
    private final LZ4SafeDecompressor lz4 = LZ4Factory.fastestInstance().safeDecompressor();
    /** Made when it is first needed: histories that were never packed do without the native library. */
    private ZstdDecompressCtx zstd;

    /**
     * @param stored what was stored with a codec other than {@link BlockHeader#RAW}; native memory
     * @param raw as long as the content must be; native memory
     * @return whether it is
     */
    boolean decode(byte codec, MemorySegment stored, MemorySegment raw) {
        int from = (int) stored.byteSize();
        int to = (int) raw.byteSize();
        try {
            return to
                    == switch (codec) {
                        case BlockHeader.LZ4 ->
                            lz4.decompress(stored.asByteBuffer(), 0, from, raw.asByteBuffer(), 0, to);
                        case BlockHeader.ZSTD ->
                            zstd().decompressDirectByteBuffer(
                                            raw.asByteBuffer(), 0, to, stored.asByteBuffer(), 0, from);
                        default -> -1;
                    };
        } catch (LZ4Exception | ZstdException _) {
            return false;
        }
    }

    private ZstdDecompressCtx zstd() {
        if (zstd == null) {
            zstd = new ZstdDecompressCtx();
        }
        return zstd;
    }

    @Override
    public void close() {
        if (zstd != null) {
            zstd.close();
        }
    }
}
