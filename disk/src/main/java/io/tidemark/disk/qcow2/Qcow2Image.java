// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Creation;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.Loop;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.disk.raw.RawImage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A qcow2 image (QEMU's docs/interop/qcow2.txt), with the files that it refers to. docs/qcow2.md tells how it works.
 *
 * <p>What it lies in is an image itself, the <em>container</em>.
 */
public final class Qcow2Image implements Image {
    private static final Logger LOG = LoggerFactory.getLogger(Qcow2Image.class);

    /** How much memory slices of L2 tables may take, in bytes: of the image that is served, and of each one behind it. */
    private static final long CACHE = 32 << 20;

    private static final long BACKING_CACHE = 4 << 20;

    /** What one discard or write-zeroes may cover: all that it does is change entries. */
    private static final long LARGEST_ZEROING = 1L << 30;

    private final ImageName name;
    private final Image container;
    private final long cacheBytes;
    private final Optional<Image> backing;
    private final Optional<Image> dataFile;
    private final Worker<Metadata> worker;
    private final Grace grace = new Grace();
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
        this.worker =
                new Worker<>(name + " metadata", () -> new Metadata(name.toString(), container, backing.orElse(null)));
    }

    /** See {@link io.tidemark.disk.Images#open}. */
    public static Qcow2Image open(ImageName name, boolean readOnly) {
        return Images.locked(openUnlocked(name, readOnly));
    }

    /** See {@link io.tidemark.disk.Images#openUnlocked}. */
    public static Qcow2Image openUnlocked(ImageName name, boolean readOnly) {
        return open(name, Container.open(name, readOnly), CACHE, BackingChain.LONGEST);
    }

    /**
     * Opens an image that lies in another one, and takes its lock.
     *
     * @param container the image's from now on, also if this fails; it is written to unless its geometry says that it can't be
     */
    public static Qcow2Image open(ImageName name, Image container) {
        return Images.locked(open(name, container, CACHE, BackingChain.LONGEST));
    }

    /** @param longest how many files may follow in its chain */
    static Qcow2Image openBehind(ImageName name, int longest) {
        return open(name, Container.open(name, true), BACKING_CACHE, longest);
    }

    private static Qcow2Image open(ImageName name, Image container, long cacheBytes, int longest) {
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

    /**
     * See {@link io.tidemark.disk.Images#adopt}. One that is written to has the other process's tables until {@link #goOn}; one that is
     * only read is opened anew, for nothing of it changes, and readers share their lock.
     */
    public static Qcow2Image adopt(ImageName name, boolean readOnly, int... descriptors) {
        if (!readOnly) {
            return open(name, RawImage.adoptContainer(name, false, descriptors), CACHE, BackingChain.LONGEST);
        }
        for (int descriptor : descriptors) {
            Libc.C.close(descriptor);
        }
        return open(name, true);
    }

    /** See {@link io.tidemark.disk.Images#create}. */
    public static Qcow2Image create(ImageName name, long capacity, boolean replace) {
        return create(name, NewImage.of(capacity), replace);
    }

    /**
     * Makes an image, and opens it.
     *
     * @param replace whether an image that exists may lose its content
     * @throws ImageException with what is wrong and what to do
     */
    public static Qcow2Image create(ImageName name, NewImage like, boolean replace) {
        return create(name, like, replace, _ -> {});
    }

    /**
     * Likewise.
     *
     * @param progress told now and then how many bytes of the disk have their place; may end it by an exception
     */
    public static Qcow2Image create(ImageName name, NewImage like, boolean replace, LongConsumer progress) {
        try (Creation creation = new Creation(name);
                BackingChain behind = new BackingChain(name, BackingChain.LONGEST)) {
            like.check();
            NewTables tables = new NewTables(like);
            // Before anything is lost; and with its lock, so that no image is made anew that lies behind itself.
            like.backing().ifPresent(backing -> behind.openBacking(backing.file(), backing.format()));
            try (Image container = creation.make(replace, over -> Container.create(name, tables.bytes(), over));
                    ParallelIo io = new ParallelIo(container)) {
                tables.write(io);
            }
            Qcow2Image image = preallocated(open(name, false), like.preallocation(), progress);
            creation.complete();
            return image;
        } catch (Refused e) {
            throw new ImageException(Code.UNSUPPORTED, "image " + name + ": " + e.getMessage(), e);
        }
    }

    private static Qcow2Image preallocated(Qcow2Image image, Preallocation preallocation, LongConsumer progress) {
        try {
            if (preallocation != Preallocation.OFF) {
                new Preallocating(image).run(preallocation, progress);
            }
            return image;
        } catch (RuntimeException e) {
            image.close();
            throw e;
        }
    }

    private static Tables read(ImageName name, Image container, long cacheBytes) {
        try (Arena arena = Arena.ofConfined();
                ImageIo io = new ImageIo(container)) {
            long capacity = container.geometry().capacity();
            MemorySegment first = arena.allocate(Math.min(capacity, 1L << Header.MAX_CLUSTER_BITS), NativeMemory.PAGE);
            io.read(0, first);
            Header header = Header.parse(first);
            if (!container.geometry().readOnly()) {
                header.refuseWriting();
            }
            Tables tables = new Tables(header, cacheBytes);
            readL1(tables, capacity, io);
            return tables;
        } catch (Malformed e) {
            throw damaged(name, e);
        } catch (Refused e) {
            throw new ImageException(Code.UNSUPPORTED, "image " + name + ": " + e.getMessage(), e);
        }
    }

    private static ImageException damaged(ImageName name, Malformed e) {
        return new ImageException(
                Code.UNSUPPORTED,
                "image " + name + ": is damaged: " + e.getMessage()
                        + "; look at it with qemu-img check, and restore it from a copy",
                e);
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
                tables.header().size(),
                below.logicalBlock(),
                below.physicalBlock(),
                below.readOnly(),
                below.readOnly() ? 0 : LARGEST_ZEROING,
                LARGEST_ZEROING);
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

    Grace grace() {
        return grace;
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
        return worker.call(metadata -> metadata.extentAt(now, offset));
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
    public Map<String, String> details() {
        Header header = tables.header();
        Map<String, String> details = new LinkedHashMap<>();
        details.put("version", Integer.toString(header.version()));
        details.put("cluster size", Long.toString(header.cluster()));
        header.backing().ifPresent(file -> details.put("backing file", file));
        header.backingFormat().ifPresent(format -> details.put("backing format", format));
        header.dataFile().ifPresent(file -> details.put("data file", file));
        return details;
    }

    /** With the reserve given back, so that closing the image makes no other of it. */
    @Override
    public String version() {
        Space space = tables.space();
        if (space != null) {
            space.settle();
        }
        return container.version();
    }

    @Override
    public String versionFound() {
        return container.versionFound();
    }

    @Override
    public void resize(long capacity) {
        Tables before = tables;
        long size = before.header().size();
        if (capacity == size) {
            return;
        }
        if (before.space() == null) {
            throw cannotResize(capacity, "can't be had: it is served read-only");
        }
        if (capacity % Geometry.SECTOR != 0) {
            throw cannotResize(capacity, "is no multiple of 512: choose one that is");
        }
        if (capacity < size) {
            throw cannotResize(
                    capacity,
                    "is less than the " + size
                            + " that it has, and the guest would lose what lies behind; choose a larger" + " size");
        }
        if (backing.isPresent() && backing.get().geometry().capacity() > size) {
            throw cannotResize(
                    capacity,
                    "would show more of its backing file, which is larger than the disk is; resize it with qemu-img"
                            + " resize while nobody serves it");
        }
        grow(capacity, size);
    }

    private void grow(long capacity, long size) {
        long behind = Math.min(
                capacity,
                (size + tables.header().cluster() - 1) & -tables.header().cluster());
        if (behind > size) {
            // The rest of the last cluster: whoever wrote to it may have left anything there.
            try (ImageIo io = new ImageIo(this)) {
                io.zero(size, behind - size);
                io.flush();
            }
        }
        try {
            worker.call(metadata -> {
                tables = metadata.grow(tables, capacity, cacheBytes);
                geometry = geometryOf(tables);
                return geometry;
            });
        } catch (Refused e) {
            throw new ImageException(Code.UNSUPPORTED, "image " + name + ": " + e.getMessage(), e);
        }
    }

    private ImageException cannotResize(long capacity, String why) {
        return new ImageException(Code.UNSUPPORTED, "image " + name + ": a size of " + capacity + " bytes " + why);
    }

    @Override
    public void unlock() {
        giveBack();
        try {
            container.unlock();
        } catch (ImageException e) {
            readAgain(); // it has kept the lock, and is written to as before
            throw e;
        }
        dataFile.ifPresent(Image::unlock);
    }

    private void giveBack() {
        Space space = tables.space();
        if (space != null) {
            tables.space(null);
            space.close();
        }
    }

    /** The files behind it keep theirs: they change for nobody. */
    @Override
    public void lock() {
        container.lock();
        try {
            dataFile.ifPresent(Image::lock);
            readAgain();
        } catch (RuntimeException e) {
            container.unlock();
            throw e;
        }
    }

    private void readAgain() {
        Tables now = read(name, container, cacheBytes);
        if (!now.header().hasFilesOf(tables.header())) {
            throw new ImageException(
                    Code.UNSUPPORTED,
                    "image " + name + ": has been given another backing or data file meanwhile; open it again");
        }
        if (!container.geometry().readOnly()) {
            prepareWriting(now);
        }
        geometry = geometryOf(now);
        tables = now;
    }

    @Override
    public void handOver() {
        giveBack();
    }

    @Override
    public void goOn() {
        container.goOn();
        if (!container.geometry().readOnly()) {
            readAgain();
        }
    }

    /** From here on the image's lock is held, and nobody else changes it. */
    private void prepareWriting(Tables now) {
        Header header = now.header();
        long capacity = container.geometry().capacity();
        long whole = (capacity + header.cluster() - 1) & -header.cluster();
        try (ParallelIo io = new ParallelIo(container)) {
            if (whole % Allocator.LENGTH_UNIT != 0 || whole > capacity) {
                lengthen(whole);
                io.flush();
            }
            if (header.autoclear() != 0) {
                // Nothing here keeps true what these bits say: "Header", autoclear_features.
                HeaderSector.change(io, sector -> sector.set(BigEndian.LONG, HeaderField.AUTOCLEAR, 0));
            }
        }
        try {
            now.space(new Space(name.toString(), container, now, grace));
        } catch (Malformed e) {
            throw damaged(name, e);
        }
    }

    private void lengthen(long whole) {
        try {
            Allocator.lengthen(container, whole);
        } catch (ImageException e) {
            // A device ends within a cluster: that one can't be written to.
            LOG.debug("image {}: can't be {} bytes long", name, whole, e);
        }
    }

    @Override
    public void close() {
        giveBack();
        worker.close();
        backing.ifPresent(Image::close);
        dataFile.ifPresent(Image::close);
        container.close();
    }
}
