// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.uring;

/** Operations of io_uring and their flags (uapi/linux/io_uring.h), as far as Tidemark uses them. */
public final class Opcode {
    public static final int READV = 1;
    public static final int WRITEV = 2;
    public static final int FSYNC = 3;
    public static final int POLL_ADD = 6;
    public static final int POLL_REMOVE = 7;
    static final int TIMEOUT = 11;
    static final int TIMEOUT_REMOVE = 12;
    public static final int FALLOCATE = 17;
    public static final int READ = 22;
    public static final int WRITE = 23;

    /** For {@link #FSYNC}: as fdatasync. */
    public static final int FSYNC_DATASYNC = 1;

    /** For {@link #POLL_ADD}, in the place of a length: goes on after the first event. */
    static final int POLL_ADD_MULTI = 1;

    /** For {@link #POLL_ADD}: poll.h. */
    static final int POLLIN = 1;

    /** For {@link #WRITE} and {@link #WRITEV}: on stable storage before it completes (uapi/linux/fs.h). */
    public static final int RWF_DSYNC = 2;

    private Opcode() {}
}
