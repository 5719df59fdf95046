// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Creation;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Loop;
import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.FileStatus;
import io.tidemark.disk.posix.FileSystem;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.OpenFlags;
import io.tidemark.disk.posix.PageCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A raw image: a file, or a block device, whose byte n is the disk's byte n.
 *
 * <p>It is opened twice: with O_DIRECT for all that is aligned as that asks, and through the page cache for the rare
 * request that is not. The kernel keeps the two coherent: direct reads write dirty pages back first, direct writes drop them. A file
 * in memory is mapped besides, see {@link MappedDevice}.
 */
public final class RawImage implements Image {
    /** What one discard or write-zeroes may cover; a request is one system call whatever its size. */
    private static final long LARGEST_ZEROING = 1L << 30;

    private final ImageName name;
    private final RawFile file;

    /** Null unless it lies in memory. */
    private final MappedFile mapped;

    private volatile Geometry geometry;

    /** As the file was when it was opened, and what looking at it has made of that: a look at what it can do counts as a change. */
    private String versionFound;

    private String versionLeft;

    /** Whether another process has had the same open files: they and their lock may be its own by now. */
    private volatile boolean shared;

    private RawImage(ImageName name, RawFile file, Geometry geometry, String versionFound) {
        this.versionFound = versionFound;
        this.versionLeft = FileStatus.of(file.cached()).version();
        this.name = name;
        this.file = file;
        this.geometry = geometry;
        this.mapped = file.inMemory()
                ? MappedFile.of(file.cached(), geometry.capacity(), geometry.readOnly(), name.toString())
                : null;
    }

    /** See {@link io.tidemark.disk.Images#open}. */
    public static RawImage open(ImageName name, boolean readOnly) {
        RawImage image = openUnlocked(name, readOnly);
        try {
            image.takeLock();
            return image;
        } catch (RuntimeException e) {
            image.close();
            throw e;
        }
    }

    /** See {@link io.tidemark.disk.Images#openUnlocked}. */
    public static RawImage openUnlocked(ImageName name, boolean readOnly) {
        return openUnlocked(name, readOnly, false);
    }

    /**
     * Likewise a file that another kind of image lies in, and which may have any size: its capacity is the next multiple of 512,
     * and what is missing there reads as zeros.
     */
    public static RawImage openContainer(ImageName name, boolean readOnly) {
        return openUnlocked(name, readOnly, true);
    }

    private static RawImage openUnlocked(ImageName name, boolean readOnly, boolean padded) {
        int access = readOnly ? OpenFlags.O_RDONLY : OpenFlags.O_RDWR;
        int cached = open(name, access);
        int direct = -1;
        try {
            direct = Libc.C.open(name.location(), access | directFlags(isInMemory(cached)), 0);
            return of(name, readOnly, padded, cached, direct);
        } catch (RuntimeException e) {
            Libc.C.close(cached);
            if (direct >= 0) {
                Libc.C.close(direct);
            }
            throw e;
        }
    }

    /** See {@link io.tidemark.disk.Images#adopt}: the buffered file, then, where there is one, the direct one. */
    public static RawImage adopt(ImageName name, boolean readOnly, int... descriptors) {
        return adopt(name, readOnly, false, descriptors);
    }

    /** Likewise a file that another kind of image lies in; see {@link #openContainer}. */
    public static RawImage adoptContainer(ImageName name, boolean readOnly, int... descriptors) {
        return adopt(name, readOnly, true, descriptors);
    }

    private static RawImage adopt(ImageName name, boolean readOnly, boolean padded, int... descriptors) {
        if (descriptors.length < 1 || descriptors.length > 2) {
            throw new ImageException(
                    Code.UNSUPPORTED,
                    "image " + name + ": was handed over as " + descriptors.length
                            + " files, by another version perhaps; stop that agent and start this one instead");
        }
        RawImage image = of(name, readOnly, padded, descriptors[0], descriptors.length > 1 ? descriptors[1] : -1);
        image.shared = true;
        image.look();
        return image;
    }

    private static RawImage of(ImageName name, boolean readOnly, boolean padded, int cached, int direct) {
        FileStatus status = FileStatus.of(cached);
        Geometry geometry = RawGeometry.of(cached, status, name, readOnly, padded);
        Direct alignment = direct < 0 ? Direct.NONE : Direct.of(direct, status);
        return new RawImage(
                name,
                new RawFile(cached, direct, alignment, status.isBlockDevice(), isInMemory(cached), padded),
                geometry,
                status.version());
    }

    /** Devices have their names in a file system in memory, and their content elsewhere. */
    private static boolean isInMemory(int fd) {
        return FileSystem.of(fd).isMemory() && FileStatus.of(fd).isRegularFile();
    }

    /**
     * O_NONBLOCK for a file in memory: else io_uring hands its every request to a worker thread, because tmpfs can't say
     * that it never waits, and that costs more than the request.
     */
    private static int directFlags(boolean inMemory) {
        return OpenFlags.O_DIRECT | OpenFlags.O_CLOEXEC | (inMemory ? OpenFlags.O_NONBLOCK : 0);
    }

    /** See {@link io.tidemark.disk.Images#create}. */
    public static RawImage create(ImageName name, long capacity, boolean replace) {
        int fd = Libc.C.open(
                name.location(), OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_CLOEXEC, 0600);
        if (fd < 0) {
            int errno = Libc.errno();
            if (errno != Errno.EEXIST) {
                throw cannotMake(name, errno);
            }
            return takeExisting(name, capacity, replace);
        }
        try {
            return Creation.finish(name, () -> {
                if (Libc.C.ftruncate(fd, capacity) != 0) {
                    throw new ImageException(
                            Code.IO,
                            "image " + name + ": cannot be made " + capacity + " bytes long: "
                                    + Libc.describe(Libc.errno()));
                }
                return open(name, false);
            });
        } finally {
            Libc.C.close(fd);
        }
    }

    /** Removes a file that nobody has open. */
    public static void remove(ImageName name) {
        int fd = open(name, OpenFlags.O_RDWR);
        try {
            ImageLock.take(fd, name, false);
            Files.delete(Path.of(name.location()));
        } catch (IOException e) {
            throw new ImageException(Code.IO, "image " + name + ": can't be removed: " + e.getMessage(), e);
        } finally {
            Libc.C.close(fd);
        }
    }

    private static RawImage takeExisting(ImageName name, long capacity, boolean replace) {
        if (!replace) {
            throw new ImageException(
                    Code.EXISTS, "image " + name + ": exists already, and its content would be lost; use --force");
        }
        int fd = open(name, OpenFlags.O_RDWR);
        try {
            // The lock first: an image that a guest runs on must not lose its content.
            ImageLock.take(fd, name, false);
            FileStatus status = FileStatus.of(fd);
            if (status.isRegularFile() && (Libc.C.ftruncate(fd, 0) != 0 || Libc.C.ftruncate(fd, capacity) != 0)) {
                throw new ImageException(
                        Code.IO, "image " + name + ": cannot be emptied: " + Libc.describe(Libc.errno()));
            }
        } finally {
            Libc.C.close(fd);
        }
        RawImage image = open(name, false);
        if (image.geometry().capacity() < capacity) {
            long size = image.geometry().capacity();
            image.close();
            throw new ImageException(
                    Code.TOO_SMALL, "image " + name + ": has " + size + " bytes, " + capacity + " are needed");
        }
        return image;
    }

    private static int open(ImageName name, int access) {
        // Before it is opened: a pipe waits for its other end.
        FileStatus.at(name.location()).filter(FileStatus::isSpecial).ifPresent(_ -> {
            throw isNoImage(name, "neither file nor block device");
        });
        int fd = Libc.C.open(name.location(), access | OpenFlags.O_CLOEXEC, 0);
        if (fd < 0) {
            throw cannotOpen(name, Libc.errno());
        }
        return fd;
    }

    private static ImageException isNoImage(ImageName name, String what) {
        return new ImageException(
                Code.UNSUPPORTED, "image " + name + ": is " + what + "; name a regular file or a block device");
    }

    private static ImageException cannotMake(ImageName name, int errno) {
        String what = "image " + name + ": ";
        Path folder = Path.of(name.location()).getParent();
        return switch (errno) {
            case Errno.ENOENT ->
                new ImageException(
                        Code.NOT_FOUND, what + "there is no folder " + folder + "; make that, or mend the path");
            case Errno.EACCES, Errno.EPERM ->
                new ImageException(
                        Code.NO_PERMISSION,
                        what + "no permission to make it in " + folder + "; check that folder's owner and mode");
            case Errno.EROFS ->
                new ImageException(
                        Code.NO_PERMISSION, what + "can't be made on a read-only file system; name another place");
            default -> new ImageException(Code.IO, what + "cannot be made: " + Libc.describe(errno));
        };
    }

    private static ImageException cannotOpen(ImageName name, int errno) {
        String what = "image " + name + ": ";
        return switch (errno) {
            case Errno.ENOENT ->
                new ImageException(
                        Code.NOT_FOUND, what + "does not exist; mend the path, or make it with tidemark image create");
            case Errno.EACCES, Errno.EPERM ->
                new ImageException(Code.NO_PERMISSION, what + "no permission to open it; check its owner and mode");
            case Errno.EROFS ->
                new ImageException(Code.NO_PERMISSION, what + "lies on a read-only file system; serve it read-only");
            default -> new ImageException(Code.IO, what + "cannot be opened: " + Libc.describe(errno));
        };
    }

    @Override
    public String name() {
        return name.toString();
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public Map<String, String> details() {
        return Map.of("lies in", file.blockDevice() ? "a block device" : file.inMemory() ? "memory" : "a file");
    }

    @Override
    public String version() {
        return file.blockDevice() ? "" : FileStatus.of(file.cached()).version();
    }

    @Override
    public String versionFound() {
        return file.blockDevice() ? "" : versionFound;
    }

    @Override
    public int[] descriptors() {
        shared = true;
        return file.direct() >= 0 ? new int[] {file.cached(), file.direct()} : new int[] {file.cached()};
    }

    @Override
    public void lock() {
        takeLock();
        // What this host has kept of it may be older than what another one has written.
        PageCache.drop(file.cached());
    }

    private void takeLock() {
        ImageLock.take(lockHolder(), name, geometry.readOnly());
        FileStatus status = FileStatus.of(file.cached());
        if (!status.version().equals(versionLeft)) {
            versionFound = status.version();
        }
        geometry = RawGeometry.of(file.cached(), status, name, geometry.readOnly(), file.padded());
        versionLeft = FileStatus.of(file.cached()).version();
        look();
    }

    /** The process that served it may have made it longer since it was adopted. */
    @Override
    public void goOn() {
        geometry =
                RawGeometry.of(file.cached(), FileStatus.of(file.cached()), name, geometry.readOnly(), file.padded());
        look();
    }

    /** Another process may have changed where data lies. */
    private void look() {
        if (mapped != null) {
            mapped.look(geometry.capacity(), name());
        }
    }

    @Override
    public void unlock() {
        if (!geometry.readOnly() && Libc.C.fdatasync(file.cached()) != 0) {
            throw new ImageException(
                    Code.IO, "image " + name + ": cannot be written to the end: " + Libc.describe(Libc.errno()));
        }
        ImageLock.release(lockHolder());
    }

    /**
     * A killed process leaves direct writes on their way to the device. The kernel keeps their description, and so the lock on
     * it, until the last one has ended; only then may the next agent do them again.
     */
    private int lockHolder() {
        return file.direct() >= 0 ? file.direct() : file.cached();
    }

    @Override
    public void resize(long capacity) {
        if (capacity % Geometry.SECTOR != 0) {
            throw cannotResize(capacity, "is no multiple of 512: choose one that is");
        }
        if (capacity < geometry.capacity()) {
            throw cannotResize(
                    capacity,
                    "is less than the " + geometry.capacity()
                            + " that it has, and the guest would lose what lies behind; choose a larger size");
        }
        if (geometry.readOnly()) {
            throw cannotResize(capacity, "can't be had: it is served read-only");
        }
        if (!file.blockDevice() && Libc.C.ftruncate(file.cached(), capacity) != 0) {
            throw cannotResize(capacity, "can't be had: " + Libc.describe(Libc.errno()));
        }
        Geometry now = RawGeometry.of(file.cached(), FileStatus.of(file.cached()), name, false, file.padded());
        if (now.capacity() < capacity) {
            throw cannotResize(
                    capacity,
                    "is more than the " + now.capacity() + " of the device; make that larger first (lvextend)");
        }
        geometry = now;
    }

    private ImageException cannotResize(long capacity, String why) {
        return new ImageException(Code.UNSUPPORTED, "image " + name + ": a size of " + capacity + " bytes " + why);
    }

    @Override
    public BlockDevice attach(Loop loop) {
        RawDevice device = new RawDevice(loop, file);
        return mapped == null ? device : new MappedDevice(loop, mapped, device);
    }

    @Override
    public Extent extentAt(long offset) {
        long capacity = geometry.capacity();
        long data = Libc.C.lseek(file.cached(), offset, DataScan.SEEK_DATA);
        if (data < 0) {
            // ENXIO: no data from here to the end. Anything else: not told, so all counts as data.
            boolean hole = Libc.errno() == Errno.ENXIO && !file.blockDevice();
            return new Extent(offset, capacity - offset, hole ? Extent.Sort.HOLE : Extent.Sort.DATA);
        }
        if (data > offset) {
            return new Extent(offset, Math.min(data, capacity) - offset, Extent.Sort.HOLE);
        }
        long hole = Libc.C.lseek(file.cached(), offset, DataScan.SEEK_HOLE);
        long end = hole > offset ? Math.min(hole, capacity) : capacity;
        return new Extent(offset, end - offset, Extent.Sort.DATA);
    }

    @Override
    public void close() {
        if (mapped != null) {
            mapped.close();
        }
        if (!shared) {
            // The kernel may keep the files a moment longer: its worker threads let go of a request after it has
            // completed.
            ImageLock.release(lockHolder());
        }
        if (file.direct() >= 0) {
            Libc.C.close(file.direct());
        }
        Libc.C.close(file.cached());
    }

    /** How {@link Geometry} is found out for files and devices. */
    private static final class RawGeometry {
        static Geometry of(int fd, FileStatus status, ImageName name, boolean readOnly, boolean padded) {
            if (status.isRegularFile()) {
                if (status.size() == 0) {
                    throw new ImageException(
                            Code.UNSUPPORTED,
                            "image " + name + ": is empty; name another, or make it anew with tidemark image create");
                }
                if (status.size() % Geometry.SECTOR != 0 && !padded) {
                    throw new ImageException(
                            Code.UNSUPPORTED,
                            "image " + name + ": its size, " + status.size()
                                    + " bytes, is no multiple of 512; use truncate -s %512 to round it up");
                }
                long discard = !readOnly && punches(fd, status.size()) ? LARGEST_ZEROING : 0;
                long capacity = (status.size() + Geometry.SECTOR - 1) / Geometry.SECTOR * Geometry.SECTOR;
                return new Geometry(capacity, Geometry.SECTOR, 4096, readOnly, discard, LARGEST_ZEROING);
            }
            if (!status.isBlockDevice()) {
                throw isNoImage(name, status.isDirectory() ? "a directory" : "neither file nor block device");
            }
            BlockQueue queue = BlockQueue.of(fd, status);
            if (queue.readOnly() && !readOnly) {
                throw new ImageException(
                        Code.NO_PERMISSION, "image " + name + ": the device is read-only; serve it read-only");
            }
            long discard = readOnly ? 0 : Math.min(queue.zeroing(), LARGEST_ZEROING);
            return new Geometry(
                    queue.size(), queue.logicalBlock(), queue.physicalBlock(), readOnly, discard, LARGEST_ZEROING);
        }

        /** Tries a hole behind the end, where it changes nothing. */
        private static boolean punches(int fd, long size) {
            return Libc.C.fallocate(fd, RawDevice.PUNCH_HOLE | RawDevice.KEEP_SIZE, size, 4096) == 0;
        }
    }
}
