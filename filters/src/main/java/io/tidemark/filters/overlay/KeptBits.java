// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.overlay;

import io.tidemark.filters.FilterException;
import io.tidemark.filters.FilterException.Code;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bits of an overlay that is kept, in a file beside it: a header of one page, the <i>live</i> bits, the <i>stable</i> bits.
 *
 * <p>The live bits are mapped: a process that is killed loses none. But the kernel writes them back when it likes, so after
 * the power went they may tell of data that never arrived. The stable bits are written by {@link #flush}, behind the data that
 * they tell of. Which ones count is decided by the boot id in the header.
 */
final class KeptBits implements OverlayBits {
    private static final long MAGIC = 0x5245564f4b524d54L; // "TMRKOVER"
    private static final int VERSION = 1;
    private static final int PAGE = SectorMap.PAGE;
    private static final int BOOT = 24;
    private static final int BOOT_BYTES = 36;
    private static final int ORIGIN = 64;
    private static final int LONGEST_ORIGIN = 1024;
    private static final int CHECKSUM = PAGE - Integer.BYTES;
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final Path path;
    private final FileChannel file;
    private final long length;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment live;
    private final SectorMap map;

    private KeptBits(Path path, FileChannel file, long capacity) throws IOException {
        this.path = path;
        this.file = file;
        this.length = (SectorMap.bytes(capacity) + PAGE - 1) / PAGE * PAGE;
        this.live = file.map(FileChannel.MapMode.READ_WRITE, PAGE, length, arena);
        this.map = new SectorMap(live, capacity);
    }

    /** Makes the file, with all its space: a mapping of what isn't there is a fault, not an error. Refused if it exists. */
    static KeptBits create(Path path, String origin, long capacity) throws IOException {
        var file = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            long length = (SectorMap.bytes(capacity) + PAGE - 1) / PAGE * PAGE;
            var zeros = ByteBuffer.allocateDirect(1 << 20);
            for (long at = 0; at < PAGE + 2 * length; at += zeros.limit()) {
                write(file, zeros.clear().limit((int) Math.min(zeros.capacity(), PAGE + 2 * length - at)), at);
            }
            writeHeader(file, origin, capacity);
            return new KeptBits(path, file, capacity);
        } catch (IOException | RuntimeException e) {
            file.close();
            Files.deleteIfExists(path);
            throw e;
        }
    }

    /** Goes on with the bits of an earlier process. */
    static KeptBits open(Path path, String origin, long capacity) throws IOException {
        var file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            var header = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
            read(file, header, 0);
            check(path, header, origin, capacity);
            var bits = new KeptBits(path, file, capacity);
            if (!text(header, BOOT, BOOT_BYTES).equals(bootId())) {
                bits.believeStable();
                writeHeader(file, origin, capacity);
            }
            return bits;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Whether a file is one of these, as far as its first bytes tell. */
    static boolean isKnown(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            return false;
        }
        try (var file = Files.newInputStream(path)) {
            byte[] magic = file.readNBytes(Long.BYTES);
            return magic.length == Long.BYTES
                    && ByteBuffer.wrap(magic).order(ByteOrder.LITTLE_ENDIAN).getLong() == MAGIC;
        } catch (NoSuchFileException _) { // complete by now
            return false;
        }
    }

    private static void check(Path path, ByteBuffer header, String origin, long capacity) {
        if (header.getLong(0) != MAGIC || header.getInt(CHECKSUM) != checksum(header)) {
            throw refused(path, "is not an overlay's map, or damaged", "bring it back, or begin a new overlay");
        }
        if (header.getInt(8) != VERSION) {
            throw refused(path, "its version is not known here", "use a later tidemark");
        }
        if (header.getLong(16) != capacity
                || !text(header, ORIGIN, LONGEST_ORIGIN).equals(origin)) {
            throw refused(
                    path,
                    "lies on " + text(header, ORIGIN, LONGEST_ORIGIN) + " (" + header.getLong(16) + " bytes), not on "
                            + origin + " (" + capacity + " bytes)",
                    "attach that (by a time, if its number means another state by now), or name another overlay");
        }
    }

    private static FilterException refused(Path path, String reason, String remedy) {
        return new FilterException(Code.BAD_OVERLAY, path + ": " + reason + ": " + remedy);
    }

    private static void writeHeader(FileChannel file, String origin, long capacity) throws IOException {
        var header = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(0, MAGIC).putInt(8, VERSION).putLong(16, capacity);
        header.put(BOOT, bootId().getBytes(StandardCharsets.US_ASCII));
        var name = origin.getBytes(StandardCharsets.UTF_8);
        if (name.length > LONGEST_ORIGIN) {
            throw new IllegalArgumentException("the name of what an overlay lies on: " + origin);
        }
        header.put(ORIGIN, name).putInt(CHECKSUM, checksum(header));
        write(file, header, 0);
        file.force(true);
    }

    private static String text(ByteBuffer header, int at, int most) {
        int length = 0;
        while (length < most && header.get(at + length) != 0) {
            length++;
        }
        return new String(header.array(), at, length, StandardCharsets.UTF_8);
    }

    private static int checksum(ByteBuffer header) {
        var crc = new CRC32C();
        crc.update(header.array(), 0, CHECKSUM);
        return (int) crc.getValue();
    }

    private static String bootId() throws IOException {
        return Files.readString(BOOT_ID).strip();
    }

    /** After a restart of the machine: what wasn't flushed is forgotten. */
    private void believeStable() throws IOException {
        var page = ByteBuffer.allocateDirect(1 << 20);
        for (long at = 0; at < length; at += page.limit()) {
            page.clear().limit((int) Math.min(page.capacity(), length - at));
            read(file, page, PAGE + length + at);
            MemorySegment.copy(MemorySegment.ofBuffer(page.flip()), 0, live, at, page.limit());
        }
    }

    @Override
    public SectorMap map() {
        return map;
    }

    @Override
    public synchronized void flush(Runnable data) throws IOException {
        record Page(long number, byte[] bits) {}
        List<Page> pages = new ArrayList<>();
        // Copied before the data is synced: what is set later tells of data that this sync may miss.
        map.takeTouched(page -> {
            int bytes = (int) Math.min(PAGE, length - page * PAGE);
            pages.add(new Page(page, live.asSlice(page * PAGE, bytes).toArray(ValueLayout.JAVA_BYTE)));
        });
        boolean done = false;
        try {
            data.run();
            for (Page page : pages) {
                write(file, ByteBuffer.wrap(page.bits), PAGE + length + page.number * PAGE);
            }
            if (!pages.isEmpty()) {
                file.force(false);
            }
            done = true;
        } finally {
            if (!done) {
                pages.forEach(page -> map.touchAgain(page.number));
            }
        }
    }

    @Override
    public void discard() throws IOException {
        Files.deleteIfExists(path);
    }

    @Override
    public void close() {
        arena.close();
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(FileChannel file, ByteBuffer bytes, long at) throws IOException {
        int start = bytes.position();
        while (bytes.hasRemaining()) {
            file.write(bytes, at + bytes.position() - start);
        }
    }

    private static void read(FileChannel file, ByteBuffer into, long at) throws IOException {
        int start = into.position();
        while (into.hasRemaining()) {
            if (file.read(into, at + into.position() - start) < 0) {
                throw new IOException("is cut short");
            }
        }
    }
}
