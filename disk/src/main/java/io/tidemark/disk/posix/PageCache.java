// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import java.io.IOException;
import java.nio.file.Path;

/** The kernel's cache of files. */
public final class PageCache {
    private static final int POSIX_FADV_DONTNEED = 4;

    private PageCache() {}

    /**
     * Drops the clean pages of a file (posix_fadvise(2)), so that the next read comes from the file system. After a failed
     * fsync the pages that were not written count as clean.
     */
    public static void drop(Path file) throws IOException {
        int fd = Libc.C.open(file.toString(), OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC, 0);
        if (fd < 0) {
            throw new IOException(file + ": " + Libc.describe(Libc.errno()));
        }
        try {
            int errno = drop(fd);
            if (errno != 0) {
                throw new IOException(file + ": " + Libc.describe(errno));
            }
        } finally {
            Libc.C.close(fd);
        }
    }

    /** Likewise, of an open file. @return 0, or an errno */
    public static int drop(int fd) {
        return Libc.C.posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    }
}
