// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.overlay;

import io.tidemark.disk.posix.NativeMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Where the bits of an overlay are: in memory alone, or in a file beside it as well. */
interface OverlayBits extends AutoCloseable {
    SectorMap map();

    /** Brings data, by {@code data}, and the bits that tell of it to stable storage. */
    void flush(Runnable data) throws IOException;

    /** Of an overlay under which nothing shows any more: nobody needs to look for them again. */
    void discard() throws IOException;

    @Override
    void close();

    /** Of an overlay that is thrown away. */
    final class Passing implements OverlayBits {
        private final MemorySegment words;
        private final SectorMap map;

        Passing(long capacity) {
            this.words = NativeMemory.anonymous(SectorMap.bytes(capacity));
            this.map = new SectorMap(words, capacity);
        }

        @Override
        public SectorMap map() {
            return map;
        }

        /** Nothing lasts longer than this process. */
        @Override
        public void flush(Runnable data) {}

        @Override
        public void discard() {}

        @Override
        public void close() {
            NativeMemory.unmap(words);
        }
    }
}
