// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

import io.tidemark.disk.posix.Libc;
import jnr.constants.platform.Fcntl;

/** File descriptors as plain numbers. */
public final class Fd {
    /** In place of a descriptor that isn't there. */
    public static final int NONE = -1;

    private static final int FD_CLOEXEC = 1;

    private Fd() {}

    /** Closes the descriptor, unless it is {@link #NONE}. */
    public static void close(int fd) {
        if (fd >= 0) {
            Libc.C.close(fd);
        }
    }

    /** Keeps the descriptor from programs that this process starts. */
    static void closeOnExec(int fd) {
        SystemCalls.LIBC.fcntlInt(fd, Fcntl.F_SETFD, FD_CLOEXEC);
    }
}
