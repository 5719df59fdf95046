// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.posix.MappingException;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file in memory as memory of this process. It is mapped once, with room to grow behind its end, and never moved; its pages cost
 * no more than eight bytes of page table each. What lies behind the room is not mapped.
 *
 * <p>Only pages that the {@linkplain #data() map} knows may be touched: any other would take memory that nobody has asked
 * for, or, where there is none left, fault where a system call has an error.
 */
final class MappedFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MappedFile.class);

    /** How much of the address space a file gets: so many times its size, and no less than this. */
    private static final int TIMES = 4;

    private static final long LEAST = 64L << 30;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    private final DataMap data;
    private final int fd;
    private DataScan scan = DataScan.NONE;

    private MappedFile(MemorySegment mapping, int fd) {
        this.memory = mapping.reinterpret(mapping.byteSize(), arena, NativeMemory::unmap);
        this.data = new DataMap(mapping.byteSize());
        this.fd = fd;
    }

    /** @return null where the kernel has no room for it: the file is served without */
    static MappedFile of(int fd, long size, boolean readOnly, String name) {
        long bytes = Math.max(LEAST, TIMES * size) / NativeMemory.PAGE * NativeMemory.PAGE;
        try {
            return new MappedFile(
                    readOnly ? NativeMemory.sharedReadOnly(fd, 0, bytes) : NativeMemory.shared(fd, 0, bytes), fd);
        } catch (MappingException e) {
            LOG.warn(
                    "image {}: {}; it is served by system calls, which is slower. Does a limit on the address space"
                            + " (ulimit -v) keep the agent from it?",
                    name,
                    e.getMessage());
            return null;
        }
    }

    MemorySegment memory() {
        return memory;
    }

    DataMap data() {
        return data;
    }

    /** Whether a range that ends there is mapped. */
    boolean reaches(long end) {
        return end <= memory.byteSize();
    }

    /**
     * Begins to find out, in a thread of its own, where data lies; what was known is forgotten. Nobody may use the file
     * when this is called.
     */
    void look(long size, String name) {
        scan.stop();
        data.forget();
        scan = DataScan.start(fd, this, Math.min(size, memory.byteSize()), name);
    }

    /** Unmaps it. Nobody may use it any more. */
    @Override
    public void close() {
        scan.stop();
        arena.close();
    }
}
