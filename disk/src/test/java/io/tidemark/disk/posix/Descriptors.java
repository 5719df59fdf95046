// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

/** Descriptors for tests. */
public final class Descriptors {
    private static final int F_DUPFD = 0;

    private Descriptors() {}

    /** Another one of the same open file, as another process would have it. */
    public static int duplicate(int descriptor) {
        return Libc.C.fcntl(descriptor, F_DUPFD, null);
    }
}
