// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Geometry;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** The first sector of an image, which all of the header's fields lie in that change while it is written to: written whole. */
final class HeaderSector {
    private HeaderSector() {}

    /** Changes fields, and makes that last. */
    static void change(ParallelIo io, Consumer<MemorySegment> fields) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sector = arena.allocate(Geometry.SECTOR, NativeMemory.PAGE);
            io.read(0, sector);
            io.drain();
            fields.accept(sector);
            io.write(0, sector);
            io.flush();
        }
    }
}
