// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

/** Flags of {@code open(2)} on x86-64 (asm-generic/fcntl.h). */
public final class OpenFlags {
    public static final int O_RDONLY = 0;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = 0x40;
    public static final int O_EXCL = 0x80;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_DIRECT = 0x4000;
    public static final int O_CLOEXEC = 0x80000;

    private OpenFlags() {}
}
