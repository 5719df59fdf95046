// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Creation;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.Loop;
import io.tidemark.disk.posix.EventFd;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * An image in a Ceph cluster. docs/images.md tells what it guarantees.
 *
 * <p>It has a connection to the cluster of its own, so that whoever takes its lock away locks out this image alone. Nothing is cached: a
 * write that is complete is in the cluster.
 */
public final class CephImage implements Image {
    /** What one discard or write-zeroes may cover, in bytes: so many objects of 4 MiB are worked on at once at the most. */
    private static final long LARGEST_ZEROING = 128L << 20;

    private static final int PHYSICAL_BLOCK = 4096;

    private final ImageName name;
    private final boolean readOnly;
    private final Cluster cluster;
    private final Pool pool;
    private final RbdImage image;
    private final ImageTenure tenure;
    private final Completions completions;
    private final ExtentFinder extents;
    private volatile Geometry geometry;

    /** While this has the image to write it. */
    private Optional<LockWatch> watch = Optional.empty();

    private CephImage(ImageName name, boolean readOnly, Cluster cluster, Pool pool, RbdImage image) throws IOException {
        this.name = name;
        this.readOnly = readOnly;
        this.cluster = cluster;
        this.pool = pool;
        this.image = image;
        this.tenure = new ImageTenure(name.toString(), image);
        this.geometry = look();
        EventFd signal = new EventFd();
        image.notify(signal);
        this.completions = new Completions(image.handle(), signal);
        this.extents = new ExtentFinder(image);
    }

    /** See {@link io.tidemark.disk.Images#open}. */
    public static CephImage open(ImageName name, boolean readOnly) {
        return Images.locked(openUnlocked(name, readOnly));
    }

    /** See {@link io.tidemark.disk.Images#openUnlocked}. */
    public static CephImage openUnlocked(ImageName name, boolean readOnly) {
        RbdName where = where(name);
        if (where.snapshot().isPresent() && !readOnly) {
            throw new ImageException(
                    Code.UNSUPPORTED, "image " + name + ": is a snapshot, which nobody can write; give read-only=on");
        }
        try (var opening = new Opening(where)) {
            RbdImage image = readOnly ? opening.toRead() : opening.toWrite(name);
            var opened = new CephImage(name, readOnly, opening.cluster, opening.pool, image);
            opening.done = true;
            return opened;
        } catch (IOException e) {
            throw failure(name, e);
        }
    }

    /** See {@link io.tidemark.disk.Images#create}. */
    public static CephImage create(ImageName name, long capacity, boolean replace) {
        return create(name, capacity, replace, OptionalInt.empty());
    }

    /**
     * Likewise.
     *
     * @param objectBits the objects that a new one lies in are two to the power of so many bytes large, 12 to 26; one that exists must
     *     lie in such
     */
    public static CephImage create(ImageName name, long capacity, boolean replace, OptionalInt objectBits) {
        RbdName where = where(name);
        if (where.snapshot().isPresent()) {
            throw new ImageException(
                    Code.BAD_NAME, "image " + name + ": a snapshot can't be made so; name an image, without @");
        }
        try (var opening = new Opening(where)) {
            opening.pool.makeNamespace();
            opening.pool.create(where.image(), capacity, objectBits);
        } catch (FileAlreadyExistsException e) {
            if (!replace) {
                throw new ImageException(
                        Code.EXISTS,
                        "image " + name + ": exists already, and its content would be lost; use --force",
                        e);
            }
            empty(name, capacity, objectBits);
            return open(name, false);
        } catch (IOException e) {
            throw failure(name, e);
        }
        return Creation.finish(name, () -> open(name, false));
    }

    private static void empty(ImageName name, long capacity, OptionalInt objectBits) {
        try (var opening = new Opening(where(name))) {
            RbdImage image = opening.toWrite(name);
            new ImageTenure(name.toString(), image).take();
            long object = image.objectSize();
            if (objectBits.isPresent() && object != 1L << objectBits.getAsInt()) {
                throw new ImageException(
                        Code.UNSUPPORTED,
                        "image " + name + ": exists, and lies in objects of " + object
                                + " bytes, which can't be changed; choose that size, or remove it first with rbd rm");
            }
            // Not to 0: who is interrupted here must leave an image that can be opened.
            image.resize(Geometry.SECTOR);
            image.resize(capacity);
            image.writeZeroes(0, Math.min(object, capacity));
            image.flush();
        } catch (IOException e) {
            throw failure(name, e);
        }
    }

    /**
     * Whether two names are one image's, which may be named by way of several configurations and clients. A snapshot is another than the
     * image that it is of.
     */
    public static boolean isSame(ImageName one, ImageName other) {
        return where(one).snapshot().equals(where(other).snapshot())
                && identity(one).equals(identity(other));
    }

    private static List<String> identity(ImageName name) {
        RbdName where = where(name);
        try (var opening = new Opening(where)) {
            return List.of(
                    opening.cluster.id(),
                    Long.toString(opening.pool.id()),
                    where.namespace(),
                    opening.toRead().id());
        } catch (IOException e) {
            throw failure(name, e);
        }
    }

    /** Removes an image that nobody has open. */
    public static void remove(ImageName name) {
        try (var opening = new Opening(where(name))) {
            opening.pool.remove(where(name).image());
        } catch (IOException e) {
            throw failure(name, e);
        }
    }

    /** What is open already when the rest can't be opened. */
    private static final class Opening implements AutoCloseable {
        final RbdName where;
        final Cluster cluster;
        Pool pool;
        RbdImage image;
        boolean done;

        Opening(RbdName where) throws IOException {
            this.where = where;
            cluster = Cluster.connectForDisk(where.address());
            try {
                pool = cluster.pool(where.pool(), where.namespace());
            } catch (IOException e) {
                cluster.close();
                throw e;
            }
        }

        RbdImage toRead() throws IOException {
            image = pool.openReadOnly(where.image(), where.snapshot());
            return image;
        }

        /** @param name for messages */
        RbdImage toWrite(ImageName name) throws IOException {
            image = pool.open(where.image());
            if (!image.features().contains(RbdFeature.EXCLUSIVE_LOCK)) {
                throw new ImageException(
                        Code.UNSUPPORTED,
                        "image " + name + ": has no exclusive lock, so two clients could write it at once; give it"
                                + " one with rbd feature enable IMAGE exclusive-lock");
            }
            return image;
        }

        @Override
        public void close() throws IOException {
            if (!done) {
                if (image != null) {
                    image.close();
                }
                pool.close();
                cluster.close();
            }
        }
    }

    private static RbdName where(ImageName name) {
        return RbdName.parse(name.location()).orElseThrow();
    }

    private static ImageException failure(ImageName name, IOException e) {
        String what = "image " + name + ": ";
        return switch (e) {
            case NoSuchFileException _ ->
                new ImageException(
                        Code.NOT_FOUND,
                        what + "there is no " + e.getMessage()
                                + "; make it with tidemark image create, or mend the name",
                        e);
            case AccessDeniedException _ ->
                new ImageException(
                        Code.NO_PERMISSION,
                        what + "the cluster doesn't let this client do that (" + e.getMessage()
                                + "); name another with :id=ID and :keyring=FILE, or mend its caps",
                        e);
            default -> new ImageException(Code.IO, what + e.getMessage(), e);
        };
    }

    private Geometry look() throws IOException {
        long size = image.size();
        if (size == 0 || size % Geometry.SECTOR != 0) {
            throw new ImageException(
                    Code.UNSUPPORTED,
                    "image " + name + ": its size, " + size
                            + " bytes, is no positive multiple of 512; choose one that is with rbd resize");
        }
        return new Geometry(
                size, Geometry.SECTOR, PHYSICAL_BLOCK, readOnly, readOnly ? 0 : LARGEST_ZEROING, LARGEST_ZEROING);
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
        try {
            Map<String, String> details = new LinkedHashMap<>();
            details.put("object size", Long.toString(image.objectSize()));
            details.put(
                    "features", image.features().stream().map(RbdFeature::text).collect(Collectors.joining(", ")));
            return details;
        } catch (IOException e) {
            throw failure(name, e);
        }
    }

    @Override
    public BlockDevice attach(Loop loop) {
        return completions.attach(loop);
    }

    @Override
    public Extent extentAt(long offset) {
        try {
            return extents.at(offset, geometry.capacity());
        } catch (IOException e) {
            throw failure(name, e);
        }
    }

    @Override
    public void resize(long capacity) {
        String what = "image " + name + ": a size of " + capacity + " bytes ";
        if (capacity % Geometry.SECTOR != 0) {
            throw new ImageException(Code.UNSUPPORTED, what + "is no multiple of 512: choose one that is");
        }
        if (capacity < geometry.capacity()) {
            throw new ImageException(
                    Code.UNSUPPORTED,
                    what + "is less than the " + geometry.capacity()
                            + " that it has, and the guest would lose what lies behind; choose a larger size");
        }
        if (readOnly) {
            throw new ImageException(Code.UNSUPPORTED, what + "can't be had: it is served read-only");
        }
        try {
            image.resize(capacity);
            geometry = look();
        } catch (IOException e) {
            throw failure(name, e);
        }
    }

    @Override
    public synchronized void unlock() {
        if (readOnly) {
            return;
        }
        try {
            if (completions.isLockedOut()) {
                throw new LockedOutException("its lock"); // librbd may wait for good for what it has begun
            }
            image.flush();
            watch.ifPresent(watching -> watching.givingBack(true));
            image.unlock();
            endWatch();
        } catch (IOException e) {
            watch.ifPresent(watching -> watching.givingBack(false));
            if (e instanceof LockedOutException) {
                completions.lockOut(); // known here before the watch has looked
            }
            throw failure(name, e);
        }
    }

    @Override
    public synchronized void lock() {
        try {
            if (readOnly) {
                // A snapshot stays as it is, whoever writes the image.
                if (where(name).snapshot().isEmpty()) {
                    tenure.refuseIfTaken();
                }
                geometry = look();
            } else {
                lockToWrite();
            }
        } catch (IOException e) {
            throw failure(name, e);
        }
    }

    private void lockToWrite() throws IOException {
        String self = tenure.take();
        try {
            geometry = look();
            watch = Optional.of(new LockWatch(name.toString(), image, self, completions::lockOut));
        } catch (Throwable e) {
            tenure.giveBack(e);
            throw e;
        }
    }

    private void endWatch() {
        watch.ifPresent(LockWatch::close);
        watch = Optional.empty();
    }

    /** An image that this client was locked out of stays open until the process ends: librbd may wait for good for its requests. */
    @Override
    public synchronized void close() {
        endWatch();
        if (completions.isLockedOut()) {
            return;
        }
        try {
            image.close();
        } catch (IOException _) {
            // What was complete is in the cluster; the lock ends with the connection.
        }
        completions.close();
        extents.close();
        pool.close();
        cluster.close();
    }
}
