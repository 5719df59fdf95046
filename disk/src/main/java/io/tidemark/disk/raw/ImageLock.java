// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.OfdLock;

/**
 * The lock that QEMU's file driver takes on an image (block/file-posix.c, "Locking"), so that QEMU and Tidemark respect each
 * other: open file description locks on single bytes. A read lock on byte 100 + p says "I use permission p", one on
 * byte 200 + p "I share permission p with nobody". The locks go when the description is closed, by whatever death.
 */
final class ImageLock {
    private static final int USED = 100;
    private static final int UNSHARED = 200;

    /** Permissions by bit (QEMU's BLK_PERM_*). */
    private static final int CONSISTENT_READ = 0;

    private static final int WRITE = 1;
    private static final int RESIZE = 3;

    private static final int[] READERS = {CONSISTENT_READ};
    private static final int[] WRITERS = {CONSISTENT_READ, WRITE, RESIZE};
    private static final int[] NOT_SHARED = {WRITE, RESIZE};

    private ImageLock() {}

    /**
     * Takes it whole, or nothing of it: what is left of an attempt would keep its owner from taking it again.
     *
     * @throws ImageException with IN_USE when somebody else has the image open in a way that excludes this one
     */
    static void take(int fd, ImageName name, boolean readOnly) {
        try {
            tryToTake(fd, name, readOnly);
        } catch (ImageException e) {
            release(fd);
            throw e;
        }
    }

    private static void tryToTake(int fd, ImageName name, boolean readOnly) {
        int[] uses = readOnly ? READERS : WRITERS;
        for (int permission : uses) {
            set(fd, name, USED + permission);
        }
        for (int permission : NOT_SHARED) {
            set(fd, name, UNSHARED + permission);
        }
        // Looked for after taking ours: of two who do so at once, at least one sees the other.
        for (int permission : uses) {
            refuseIfLocked(fd, name, UNSHARED + permission);
        }
        for (int permission : NOT_SHARED) {
            refuseIfLocked(fd, name, USED + permission);
        }
    }

    /** Gives up what {@link #take} has taken. */
    static void release(int fd) {
        OfdLock.release(fd, USED, UNSHARED + RESIZE + 1 - USED);
    }

    private static void set(int fd, ImageName name, int at) {
        int errno = OfdLock.shared(fd, at, 1);
        if (errno == Errno.EAGAIN || errno == Errno.EACCES) {
            throw inUse(name);
        }
        if (errno != 0) {
            throw new ImageException(
                    ImageException.Code.IO, "image " + name + ": cannot lock it: " + Libc.describe(errno));
        }
    }

    private static void refuseIfLocked(int fd, ImageName name, int at) {
        if (OfdLock.isTaken(fd, at, 1)) {
            throw inUse(name);
        }
    }

    private static ImageException inUse(ImageName name) {
        return new ImageException(
                ImageException.Code.IN_USE,
                "image " + name + ": another process has it open (QEMU or a Tidemark agent); stop that one first");
    }
}
