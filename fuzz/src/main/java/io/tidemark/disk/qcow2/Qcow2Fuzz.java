// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.fuzz.Finding;
import io.tidemark.fuzz.GuardedRam;
import io.tidemark.fuzz.Input;
import io.tidemark.fuzz.Leaks;
import io.tidemark.fuzz.Target;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * A sound image with any of its bytes changed, opened, read and written to: it is refused with a reason, or requests end well or with an
 * error. What was written is read again, the header stays one, and nothing is written beside the reader's memory.
 */
public final class Qcow2Fuzz implements Target {
    private static final int MEMORY = 8192;
    private static final int LONGEST_FILE = 1 << 20;
    private static final int MOST_EXTENTS = 8;
    private static final int SECTOR = 512;

    private static final long[] FIELDS = {
        HeaderField.VERSION,
        HeaderField.CLUSTER_BITS,
        HeaderField.SIZE,
        HeaderField.SIZE + 4,
        HeaderField.CRYPT_METHOD,
        HeaderField.L1_ENTRIES,
        HeaderField.L1_OFFSET,
        HeaderField.L1_OFFSET + 4,
        HeaderField.REFCOUNT_OFFSET,
        HeaderField.REFCOUNT_CLUSTERS,
        HeaderField.SNAPSHOTS,
        HeaderField.INCOMPATIBLE,
        HeaderField.INCOMPATIBLE + 4,
        HeaderField.AUTOCLEAR + 4,
        HeaderField.REFCOUNT_ORDER,
        HeaderField.HEADER_LENGTH,
        HeaderField.COMPRESSION,
        HeaderField.BACKING_OFFSET + 4,
        HeaderField.BACKING_LENGTH
    };

    private final Path file;
    private final GuardedRam memory = new GuardedRam(0, 0, MEMORY);
    private final Leaks leaks;

    public Qcow2Fuzz() {
        try {
            file = Files.createTempFile("tidemark-fuzz", ".qcow2");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        leaks = Leaks.from();
    }

    @Override
    public void run(Input input) throws IOException {
        Qcow2File bytes = new Qcow2File();
        while (!input.isEmpty()) {
            change(bytes, input);
        }
        ImageName name = bytes.write(file);
        try (Image image = Images.open(name, true);
                ImageIo io = new ImageIo(image)) {
            long capacity = image.geometry().capacity();
            Finding.unless(capacity > 0 && capacity % 512 == 0, "a capacity of " + capacity);
            long length = Math.min(MEMORY, capacity);
            canRead(io, 0, memory.memory().asSlice(0, length));
            canRead(io, capacity - length, memory.memory().asSlice(0, length));
            extents(image, capacity);
        } catch (ImageException e) {
            checkReason(name, e);
        }
        memory.check();
        write(name);
        memory.check();
    }

    private static void checkReason(ImageName name, ImageException e) {
        Finding.unless(e.getMessage().startsWith("image " + name + ": "), "said: " + e.getMessage());
    }

    /** Data, new clusters, copies of clusters; and zeros over some of them. */
    private void write(ImageName name) throws IOException {
        try (Image image = Images.open(name, false);
                ImageIo io = new ImageIo(image)) {
            long end = image.geometry().capacity();
            long middle = end / 2 & -SECTOR;
            write(io, 0, Math.min(2 * SECTOR, end), 1);
            write(io, middle, Math.min(MEMORY, end - middle), 2);
            write(io, end - SECTOR, SECTOR, 3);
            write(io, middle, SECTOR, 0);
            write(io, 0, Math.min(MEMORY, end), 0);
            write(io, 0, SECTOR, 4);
        } catch (ImageException e) {
            checkReason(name, e);
            return; // refused, as the header says
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] begin = in.readNBytes(Integer.BYTES);
            Finding.unless(
                    ByteBuffer.wrap(begin).getInt() == (int) HeaderField.MAGIC_VALUE,
                    "the header is gone: " + HexFormat.of().formatHex(begin));
        }
    }

    private void write(ImageIo io, long offset, long length, int value) {
        MemorySegment data = memory.memory().asSlice(0, length);
        try {
            if (value == 0) {
                io.zero(offset, length);
            } else {
                io.write(offset, data.fill((byte) value));
            }
        } catch (ImageException _) {
            return; // told
        }
        Finding.unless(
                canRead(io, offset, data.fill((byte) ~value)), "at " + offset + " was written, and can't be read");
        for (long at = 0; at < length; at++) {
            byte found = data.get(ValueLayout.JAVA_BYTE, at);
            Finding.unless(found == value, found + " at " + (offset + at) + ", where " + value + " was written");
        }
    }

    private static void change(Qcow2File bytes, Input input) {
        switch (input.below(6)) {
            case 0 ->
                bytes.u32(FIELDS[input.below(FIELDS.length)], input.ofOrAny(0, 1, 2, 3, 4, 9, 14, 16, 21, 104, 512));
            case 1 -> bytes.u64(Qcow2File.L1, input.ofOrAny(0, Qcow2File.L2, Qcow2File.L1, -1));
            case 2 ->
                bytes.u64(
                        Qcow2File.L2 + 8L * input.below(64),
                        input.ofOrAny(0, 1, Qcow2File.DATA, Qcow2File.COMPRESSED | L2Entry.COMPRESSED, -1));
            case 3 -> bytes.u32(input.below(bytes.bytes().length / 4) * 4L, input.i32());
            case 4 -> bytes.length(Math.max(Qcow2File.DATA, input.i32() & LONGEST_FILE - 1));
            default -> bytes.u32(104 + 4L * input.below(64), input.i32());
        }
    }

    private static boolean canRead(ImageIo io, long offset, MemorySegment into) {
        try {
            io.read(offset, into);
            return true;
        } catch (ImageException _) {
            return false; // damage, told
        }
    }

    private static void extents(Image image, long capacity) {
        long at = 0;
        for (int i = 0; i < MOST_EXTENTS && at < capacity; i++) {
            Extent extent = image.extentAt(at);
            Finding.unless(extent.offset() == at && extent.length() > 0 && extent.end() <= capacity, extent.toString());
            at = extent.end();
        }
    }

    @Override
    public void checkLeaks() {
        leaks.check();
    }

    @Override
    public void close() {
        memory.close();
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
