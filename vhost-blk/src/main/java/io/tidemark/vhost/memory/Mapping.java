// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.memory;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import jnr.posix.FileStat;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;

/**
 * A shared, writable mapping of part of a file. It stays until it is closed; the file descriptor isn't needed for that.
 *
 * <p>Memory can vanish while it is mapped (the frontend may shrink the file): touching it then raises an
 * {@link InternalError} here, and gives EFAULT in the kernel.
 */
public final class Mapping implements AutoCloseable {
    private static final POSIX LIBC = POSIXFactory.getNativePOSIX();

    private final long address;
    private final long start;
    private final long length;
    private boolean closed;

    private Mapping(long address, long start, long length) {
        this.address = address;
        this.start = start;
        this.length = length;
    }

    /** Maps {@code size} bytes from {@code offset}, neither of which need be a multiple of a page. */
    public static Mapping map(int fd, long offset, long size) {
        checkLength(fd, offset + size);
        long page = Mmap.pageSize(fd);
        long before = offset & (page - 1);
        long length = Math.ceilDiv(before + size, page) * page;
        long start = Mmap.map(fd, offset - before, length);
        return new Mapping(start + before, start, length);
    }

    /** Memory behind a file's end could be mapped, but never touched. Devices have no length to go by. */
    private static void checkLength(int fd, long end) {
        FileStat file = LIBC.allocateStat();
        if (LIBC.fstat(fd, file) == 0 && file.isFile() && file.st_size() < end) {
            throw new VhostException(
                    Code.BAD_MEMORY,
                    "guest memory up to byte %d of a file of %d bytes can't be mapped".formatted(end, file.st_size()));
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
            Mmap.unmap(start, length);
        }
    }
}
