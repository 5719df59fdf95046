// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.OfdLock;
import io.tidemark.disk.posix.OpenFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/**
 * A lease as {@linkplain OfdLock open file description locks} on a file: on its first byte, which all want, and on a byte far behind it that
 * only this holder has. In the file the holder writes a number of its own.
 *
 * <p>The kernel keeps the locks until the holder dies; but the server of a network file system may forget them when it hasn't heard of the
 * holder's host for a while, or when it is started anew. So to have taken them once is no proof. {@link #check} asks for the lock that
 * only this holder has, which GlusterFS's clients ask the server for; and it reads the number anew, which NFS's clients ask the server
 * for whenever a file is opened. Whoever takes the lease writes the number first, on stable storage, before it looks at anything else.
 */
final class FileLease implements Lease {
    private static final int TRIES = 5;
    private static final long PAUSE = 20_000_000;
    private static final long FIRST_OWN = 1L << 32;
    private static final long OWN = (1L << 40) - 1;

    private final DirectoryPlace place;
    private final Path file;
    private final UUID own = UUID.randomUUID();
    private int fd;

    private FileLease(DirectoryPlace place, Path file, int fd) {
        this.place = place;
        this.file = file;
        this.fd = fd;
    }

    static Optional<FileLease> take(DirectoryPlace place, Path file) throws IOException {
        int fd = open(file, OpenFlags.O_RDWR | OpenFlags.O_CREAT);
        int errno = lock(fd);
        if (errno != 0) {
            Libc.C.close(fd);
            if (errno == Errno.EAGAIN || errno == Errno.EACCES) {
                return Optional.empty();
            }
            throw new IOException("cannot lock " + file + ": " + Libc.describe(errno));
        }
        var lease = new FileLease(place, file, fd);
        try {
            lease.sign();
            place.refresh();
            // Only now it is known that this file, and no other that took its name meanwhile, has the number in it.
            lease.check();
            return Optional.of(lease);
        } catch (IOException | RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    /** A network file system may hear of a holder's death only some moments later. */
    private static int lock(int fd) {
        int errno = 0;
        for (int i = 0; i < TRIES; i++) {
            errno = OfdLock.exclusive(fd, 0, 1);
            if (errno != Errno.EAGAIN && errno != Errno.EACCES) {
                break;
            }
            LockSupport.parkNanos(PAUSE);
        }
        return errno;
    }

    static boolean isTaken(Path file) throws IOException {
        int fd = open(file, OpenFlags.O_RDONLY);
        try {
            return OfdLock.isTaken(fd, 0, 1);
        } finally {
            Libc.C.close(fd);
        }
    }

    private void sign() throws IOException {
        int errno = OfdLock.exclusive(fd, ownByte(), 1);
        if (errno != 0) {
            throw new IOException("cannot lock " + file + ": " + Libc.describe(errno));
        }
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            var bytes = ByteBuffer.wrap(number());
            while (bytes.hasRemaining()) {
                channel.write(bytes, bytes.position());
            }
            channel.force(true);
        }
    }

    private byte[] number() {
        return ByteBuffer.allocate(16)
                .putLong(own.getMostSignificantBits())
                .putLong(own.getLeastSignificantBits())
                .array();
    }

    /** Where in the file nobody else has a lock: behind all that is in it. */
    private long ownByte() {
        return FIRST_OWN + (own.getLeastSignificantBits() & OWN);
    }

    /** A file that a former holder was about to give its name can't get it any more. */
    @Override
    public StorePlace place() throws IOException {
        place.removePassing();
        return new LeasedPlace(place, this);
    }

    @Override
    public void check() throws IOException {
        int other = open(file, OpenFlags.O_RDWR);
        try {
            if (!OfdLock.isTaken(other, ownByte(), 1)) {
                throw new IOException("the lease " + file + " is lost: the file system has forgotten its locks");
            }
        } finally {
            Libc.C.close(other);
        }
        var found = ByteBuffer.allocate(16);
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (found.hasRemaining() && channel.read(found, found.position()) >= 0) {
                // Read on.
            }
        }
        if (!Arrays.equals(found.array(), number())) {
            throw new IOException("the lease " + file + " is lost: another agent has taken it");
        }
    }

    @Override
    public synchronized void close() {
        if (fd >= 0) {
            // FUSE tells its server of a closed file some time later; of a lock that is given up, at once.
            OfdLock.release(fd, 0, OfdLock.TO_END);
            Libc.C.close(fd);
            fd = -1;
        }
    }

    private static int open(Path file, int flags) throws IOException {
        int fd = Libc.C.open(file.toString(), flags | OpenFlags.O_CLOEXEC, 0644);
        if (fd < 0) {
            int errno = Libc.errno();
            throw switch (errno) {
                case Errno.ENOENT -> new NoSuchFileException(file.toString());
                case Errno.EACCES -> new AccessDeniedException(file.toString());
                default -> new IOException("cannot open " + file + ": " + Libc.describe(errno));
            };
        }
        return fd;
    }
}
