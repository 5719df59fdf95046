// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Loop;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.disk.raw.RawImage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A qcow2 image (QEMU's docs/interop/qcow2.txt), read-only, with the files that it refers to. docs/qcow2.md tells how it works.
 *
 * <p>What it lies in is an image itself, the <em>container</em>.
 */
public final class Qcow2Image implements Image {
    /** How much memory slices of L2 tables may take, in bytes: of the image that is served, and of each one behind it. */
    private static final long CACHE = 32 << 20;

    private static final long BACKING_CACHE = 4 << 20;

    private final ImageName name;
    private final Image container;
    private final long cacheBytes;
    private final Optional<Image> backing;
    private final Optional<Image> dataFile;
    private final Worker<Metadata> worker;
    private volatile Tables tables;
    private volatile Geometry geometry;

    private Qcow2Image(
            ImageName name,
            Image container,
            long cacheBytes,
            Optional<Image> backing,
            Optional<Image> dataFile,
            Tables tables) {
        this.name = name;
        this.container = container;
        this.cacheBytes = cacheBytes;
        this.backing = backing;
        this.dataFile = dataFile;
        this.tables = tables;
        this.geometry = geometryOf(tables);
        this.worker = new Worker<>(name + " metadata", () -> new Metadata(name.toString(), container));
    }

    /** See {@link io.tidemark.disk.Images#open}. */
    public static Qcow2Image open(ImageName name, boolean readOnly) {
        Qcow2Image image = openUnlocked(name, readOnly);
        try {
            image.lock();
            return image;
        } catch (RuntimeException e) {
            image.close();
            throw e;
        }
    }

    /** See {@link io.tidemark.disk.Images#openUnlocked}. */
    public static Qcow2Image openUnlocked(ImageName name, boolean readOnly) {
        if (!readOnly) {
            throw new ImageException(
                    Code.UNSUPPORTED,
                    "image " + name + ": can only be served read-only; give read-only=on, or convert it with"
                            + " qemu-img convert -O raw");
        }
        return open(name, CACHE, BackingChain.LONGEST);
    }

    /** @param longest how many files may follow in its chain */
    static Qcow2Image openBehind(ImageName name, int longest) {
        return open(name, BACKING_CACHE, longest);
    }

    private static Qcow2Image open(ImageName name, long cacheBytes, int longest) {
        Image container = RawImage.openContainer(name, true);
        BackingChain chain = new BackingChain(name, longest);
        try {
            Tables tables = read(name, container, cacheBytes);
            chain.open(tables.header());
            return new Qcow2Image(name, container, cacheBytes, chain.backing(), chain.dataFile(), tables);
        } catch (RuntimeException e) {
            chain.close();
            container.close();
            throw e;
        }
    }

    /** See {@link io.tidemark.disk.Images#adopt}: it is opened anew, for nothing of it changes, and readers share their lock. */
    public static Qcow2Image adopt(ImageName name, boolean readOnly, int... descriptors) {
        for (int descriptor : descriptors) {
            Libc.C.close(descriptor);
        }
        return open(name, readOnly);
    }

    /** See {@link io.tidemark.disk.Images#create}. */
    public static Qcow2Image create(ImageName name, long capacity, boolean replace) {
        throw new ImageException(
                Code.UNSUPPORTED,
                "image " + name + ": qcow2 images can't be written; name a raw:/PATH, and convert that with"
                        + " qemu-img convert -O qcow2");
    }

    private static Tables read(ImageName name, Image container, long cacheBytes) {
        try (Arena arena = Arena.ofConfined();
                ImageIo io = new ImageIo(container)) {
            long capacity = container.geometry().capacity();
            MemorySegment first = arena.allocate(Math.min(capacity, 1L << Header.MAX_CLUSTER_BITS), NativeMemory.PAGE);
            io.read(0, first);
            Tables tables = new Tables(Header.parse(first), cacheBytes);
            readL1(tables, capacity, io);
            return tables;
        } catch (Malformed e) {
            throw new ImageException(
                    Code.UNSUPPORTED,
                    "image " + name + ": is damaged: " + e.getMessage()
                            + "; look at it with qemu-img check, and restore it from a copy",
                    e);
        } catch (Refused e) {
            throw new ImageException(Code.UNSUPPORTED, "image " + name + ": " + e.getMessage(), e);
        }
    }

    private static void readL1(Tables tables, long capacity, ImageIo io) {
        MemorySegment l1 = tables.l1();
        long offset = tables.header().l1Offset();
        long sectors = (l1.byteSize() + Geometry.SECTOR - 1) / Geometry.SECTOR * Geometry.SECTOR;
        if (offset > capacity - sectors) {
            throw new Malformed("its L1 table, " + l1.byteSize() + " bytes at " + offset
                    + ", goes beyond the end of the file, at " + capacity);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(sectors, NativeMemory.PAGE);
            io.read(offset, buffer);
            l1.copyFrom(buffer.asSlice(0, l1.byteSize()));
        }
    }

    private Geometry geometryOf(Tables tables) {
        Geometry below = container.geometry();
        return new Geometry(
                tables.header().size(), below.logicalBlock(), below.physicalBlock(), true, 0, below.writeZeroes());
    }

    @Override
    public String name() {
        return name.toString();
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    Image container() {
        return container;
    }

    Optional<Image> backing() {
        return backing;
    }

    Optional<Image> dataFile() {
        return dataFile;
    }

    Tables tables() {
        return tables;
    }

    Worker<Metadata> metadata() {
        return worker;
    }

    @Override
    public BlockDevice attach(Loop loop) {
        return new Qcow2Device(loop, this);
    }

    @Override
    public Extent extentAt(long offset) {
        Tables now = tables;
        return worker.call(metadata -> metadata.extentAt(now, offset, backing));
    }

    /**
     * Compares the image's refcounts with its tables. Files behind it are not looked at.
     *
     * @throws ImageException where it has what isn't counted here
     */
    public CheckReport check() {
        Tables now = tables;
        try (Check check = new Check(now.header(), container)) {
            return check.run(now);
        } catch (Refused e) {
            throw new ImageException(Code.UNSUPPORTED, "image " + name + ": " + e.getMessage(), e);
        }
    }

    @Override
    public int[] descriptors() {
        return container.descriptors();
    }

    @Override
    public String version() {
        return container.version();
    }

    @Override
    public String versionFound() {
        return container.versionFound();
    }

    @Override
    public void resize(long capacity) {
        throw new ImageException(
                Code.UNSUPPORTED,
                "image " + name + ": is served read-only; resize it with qemu-img resize, and serve it again");
    }

    @Override
    public void unlock() {
        container.unlock();
        dataFile.ifPresent(Image::unlock);
    }

    /** The files behind it keep theirs: they change for nobody. */
    @Override
    public void lock() {
        container.lock();
        try {
            dataFile.ifPresent(Image::lock);
            Tables now = read(name, container, cacheBytes);
            if (!now.header().hasFilesOf(tables.header())) {
                throw new ImageException(
                        Code.UNSUPPORTED,
                        "image " + name + ": has been given another backing or data file meanwhile; open it again");
            }
            geometry = geometryOf(now);
            tables = now;
        } catch (RuntimeException e) {
            container.unlock();
            throw e;
        }
    }

    @Override
    public void close() {
        worker.close();
        backing.ifPresent(Image::close);
        dataFile.ifPresent(Image::close);
        container.close();
    }
}
