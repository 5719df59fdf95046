// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

/** Memory could not be mapped. */
public final class MappingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int errno;

    MappingException(long bytes, int errno) {
        super("cannot map " + bytes + " bytes of memory: " + Libc.describe(errno));
        this.errno = errno;
    }

    public int errno() {
        return errno;
    }
}
