// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.OfdLock;
import io.tidemark.disk.posix.OpenFlags;
import java.nio.file.Path;

/** The right to write a history: an {@linkplain OfdLock open file description lock} on its {@code lock} file. */
public final class WriterLease implements AutoCloseable {
    private int fd;

    private WriterLease(int fd) {
        this.fd = fd;
    }

    /** Takes the lease, or refuses at once. */
    public static WriterLease take(Path lock, String history) {
        int fd = open(lock, history, OpenFlags.O_RDWR | OpenFlags.O_CREAT);
        int errno = OfdLock.exclusive(fd, 0, OfdLock.TO_END);
        if (errno == 0) {
            return new WriterLease(fd);
        }
        Libc.C.close(fd);
        if (errno == Errno.EAGAIN || errno == Errno.EACCES) {
            throw new StoreException(
                    Code.IN_USE,
                    history + ": store in use: another agent writes this history; stop it, or name another store");
        }
        throw new StoreException(Code.IO, history + ": cannot lock " + lock + ": " + Libc.describe(errno));
    }

    /** Whether somebody writes the history now. Takes nothing. */
    public static boolean isTaken(Path lock, String history) {
        int fd = open(lock, history, OpenFlags.O_RDONLY);
        try {
            return OfdLock.isTaken(fd, 0, OfdLock.TO_END);
        } finally {
            Libc.C.close(fd);
        }
    }

    @Override
    public synchronized void close() {
        if (fd >= 0) {
            Libc.C.close(fd);
            fd = -1;
        }
    }

    private static int open(Path lock, String history, int flags) {
        int fd = Libc.C.open(lock.toString(), flags | OpenFlags.O_CLOEXEC, 0644);
        if (fd < 0) {
            throw new StoreException(
                    Code.NO_PERMISSION,
                    history + ": cannot open " + lock + " (" + Libc.describe(Libc.errno())
                            + "): check that it exists, its owner and mode");
        }
        return fd;
    }
}
