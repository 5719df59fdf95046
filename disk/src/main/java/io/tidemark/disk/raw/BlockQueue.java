// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.posix.FileStatus;
import io.tidemark.disk.posix.Libc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel knows of a block device.
 *
 * @param size in bytes
 * @param logicalBlock in bytes
 * @param physicalBlock in bytes
 * @param readOnly whether the device itself refuses writes
 * @param zeroing the largest range, in bytes, that it zeroes by itself, giving the space back; 0 where it can't
 */
record BlockQueue(long size, int logicalBlock, int physicalBlock, boolean readOnly, long zeroing) {
    /** uapi/linux/fs.h. */
    private static final long BLKGETSIZE64 = 0x80081272L;

    private static final long BLKSSZGET = 0x1268;
    private static final long BLKPBSZGET = 0x127b;
    private static final long BLKROGET = 0x125e;

    static BlockQueue of(int fd, FileStatus status) {
        return new BlockQueue(
                ask(fd, BLKGETSIZE64),
                (int) ask(fd, BLKSSZGET),
                (int) ask(fd, BLKPBSZGET),
                (int) ask(fd, BLKROGET) != 0,
                limit(status, "write_zeroes_max_bytes"));
    }

    private static long ask(int fd, long request) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(8, 8);
            if (Libc.C.ioctl(fd, request, Libc.pointer(answer.address())) != 0) {
                throw new IllegalStateException(
                        "ioctl " + Long.toHexString(request) + ": " + Libc.describe(Libc.errno()));
            }
            return answer.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    private static long limit(FileStatus status, String name) {
        Path device = Path.of("/sys/dev/block", status.deviceMajor() + ":" + status.deviceMinor());
        // A partition has no queue of its own: its disk, one folder up, has.
        Path queue = Files.exists(device.resolve("queue")) ? device.resolve("queue") : device.resolve("../queue");
        try {
            return Long.parseLong(Files.readString(queue.resolve(name)).strip());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }
}
