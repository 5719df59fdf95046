// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Decompresses clusters. What follows the compressed bytes of a cluster is somebody else's, and ignored. For one thread. */
final class Inflation implements AutoCloseable {
    /** Without zlib's own header and checksum. */
    private final Inflater inflater = new Inflater(true);

    /** Made for the first cluster that needs it: its library takes time to load. */
    private ZstdDecompressCtx zstd;

    /** @return whether it gave as many bytes as there is room for */
    boolean inflate(Compression how, MemorySegment from, MemorySegment into) {
        return switch (how) {
            case ZLIB -> zlib(from.asByteBuffer(), into.asByteBuffer());
            case ZSTD -> zstd(from.asByteBuffer(), into.asByteBuffer());
        };
    }

    private boolean zlib(ByteBuffer from, ByteBuffer into) {
        inflater.reset();
        inflater.setInput(from);
        try {
            while (into.hasRemaining()) {
                if (inflater.inflate(into) == 0) {
                    return false;
                }
            }
        } catch (DataFormatException _) {
            return false;
        }
        return true;
    }

    private boolean zstd(ByteBuffer from, ByteBuffer into) {
        if (zstd == null) {
            zstd = new ZstdDecompressCtx();
        }
        zstd.reset();
        try {
            while (into.hasRemaining()) {
                int before = into.position() + from.position();
                zstd.decompressDirectByteBufferStream(into, from);
                if (into.position() + from.position() == before) {
                    return false;
                }
            }
        } catch (RuntimeException _) {
            // What is no zstd frame, or a broken one.
            return false;
        }
        return true;
    }

    @Override
    public void close() {
        inflater.end();
        if (zstd != null) {
            zstd.close();
        }
    }
}
