// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.memory;

import io.tidemark.disk.posix.FileStatus;
import io.tidemark.disk.posix.FileSystem;
import io.tidemark.disk.posix.MappingException;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import java.lang.foreign.MemorySegment;

/**
 * A shared, writable mapping of part of a file. It stays until it is closed; the file descriptor isn't needed for that.
 *
 * <p>Memory can vanish while it is mapped (the frontend may shrink the file): touching it then raises an
 * {@link InternalError} here, and gives EFAULT in the kernel.
 */
public final class Mapping implements AutoCloseable {
    private final MemorySegment mapped;
    private final long address;
    private boolean closed;

    private Mapping(MemorySegment mapped, long address) {
        this.mapped = mapped;
        this.address = address;
    }

    /** Maps {@code size} bytes from {@code offset}, neither of which need be a multiple of a page. */
    public static Mapping map(int fd, long offset, long size) {
        checkLength(fd, offset + size);
        long page = FileSystem.of(fd).mappingUnit();
        long before = offset & (page - 1);
        long length = Math.ceilDiv(before + size, page) * page;
        try {
            MemorySegment mapped = NativeMemory.shared(fd, offset - before, length);
            return new Mapping(mapped, mapped.address() + before);
        } catch (MappingException e) {
            throw new VhostException(
                    Code.BAD_MEMORY,
                    "guest memory at file offset %d can't be mapped: %s".formatted(offset, e.getMessage()),
                    e);
        }
    }

    /** Memory behind a file's end could be mapped, but never touched. Devices have no length to go by. */
    private static void checkLength(int fd, long end) {
        FileStatus file = statusOf(fd);
        if (file.isRegularFile() && file.size() < end) {
            throw new VhostException(
                    Code.BAD_MEMORY,
                    "guest memory up to byte %d of a file of %d bytes can't be mapped".formatted(end, file.size()));
        }
    }

    private static FileStatus statusOf(int fd) {
        try {
            return FileStatus.of(fd);
        } catch (IllegalArgumentException e) {
            throw new VhostException(Code.BAD_MEMORY, "guest memory can't be mapped: " + e.getMessage(), e);
        }
    }

    /** Where the first byte asked for lies. */
    public long address() {
        return address;
    }

    /** Unmaps. Nobody may be using the memory: an access after this is a crash. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            NativeMemory.unmap(mapped);
        }
    }
}
