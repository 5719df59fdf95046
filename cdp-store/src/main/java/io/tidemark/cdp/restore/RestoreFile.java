// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.volume.DirectoryVolume;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * {@code IMAGE.restore}: says that an image is being restored and isn't complete, to which state, and what of it is done
 * (docs/store-format.md, "An unfinished restore"). Replaced as a whole, so it is there in full or not at all.
 */
public final class RestoreFile {
    /** "TMRKREST" */
    private static final long MAGIC = 0x545345524b524d54L;

    private static final int VERSION = 1;
    private static final int HEADER = 80;
    private static final int LONGEST_TEXT = 4096;
    private static final long LARGEST_FILE = 1L << 30;
    private static final int SECTOR = 512;

    /**
     * What is being restored.
     *
     * @param history the history's id
     * @param number the state's last write
     * @param time the state's time, in microseconds since 1970
     * @param capacity of the disk, in bytes
     * @param asked the point as the user named it
     * @param undo of a restore in place, the mark that names the state before it; empty for an image of its own
     */
    public record Goal(UUID history, long number, long time, long capacity, String asked, String undo) {
        /** Whether two restores lead to the same content, however they were asked for. */
        public boolean isSameAs(Goal other) {
            return history.equals(other.history)
                    && number == other.number
                    && time == other.time
                    && capacity == other.capacity;
        }
    }

    private final Path path;
    private final Goal goal;
    private final boolean fresh;
    private final Headway headway;

    private RestoreFile(Path path, Goal goal, boolean fresh, Headway headway) {
        this.path = path;
        this.goal = goal;
        this.fresh = fresh;
        this.headway = headway;
    }

    /** Whether the image is a disk's that is being brought back, rather than a new one. */
    public boolean isInPlace() {
        return !goal.undo.isEmpty();
    }

    /** Where the file of an image lies. */
    public static Path of(Path image) {
        return image.resolveSibling(image.getFileName() + ".restore");
    }

    /** Begins one: from now on the image counts as unfinished, whatever it holds. If this fails, it counts as what it was. */
    public static RestoreFile begin(Path path, Goal goal) {
        var file = new RestoreFile(path, goal, false, new Headway());
        boolean another = Files.exists(path);
        try {
            file.keep(file.headway);
        } catch (StoreException e) {
            if (!another) {
                file.removeAfter(e);
            }
            throw e;
        }
        return file;
    }

    /** It may have got its name, and who was told that it hasn't goes on with the image as it was. */
    private void removeAfter(StoreException failure) {
        try {
            remove();
        } catch (StoreException e) {
            failure.addSuppressed(e);
        }
    }

    /** The same of an image that is known to read as zeros wherever nothing is written. */
    public RestoreFile onFreshImage() {
        var file = new RestoreFile(path, goal, true, headway);
        file.keep(headway);
        return file;
    }

    /**
     * Reads one.
     *
     * @throws StoreException NOT_FOUND; DAMAGED if it can't be believed
     */
    public static RestoreFile read(Path path) {
        try {
            if (Files.size(path) > LARGEST_FILE) {
                throw damaged(path, "is too large");
            }
            var bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
            return parse(path, bytes);
        } catch (NoSuchFileException e) {
            throw new StoreException(Code.NOT_FOUND, path + ": does not exist", e);
        } catch (IOException e) {
            throw StoreException.of(path.toString(), e);
        }
    }

    private static RestoreFile parse(Path path, ByteBuffer bytes) {
        int length = bytes.limit();
        if (length < HEADER + 4 || bytes.getLong(0) != MAGIC) {
            throw damaged(path, "is no such file");
        }
        if (bytes.getInt(length - 4) != checksum(bytes, length - 4)) {
            throw damaged(path, "has a wrong checksum");
        }
        if (bytes.getInt(8) != VERSION) {
            throw new StoreException(
                    Code.UNSUPPORTED,
                    path + ": was written by another version: restore with that, or begin anew by --force");
        }
        int asked = bytes.getInt(64);
        int undo = bytes.getInt(76);
        check(path, asked >= 0 && asked <= LONGEST_TEXT && undo >= 0 && undo <= LONGEST_TEXT);
        int text = asked + undo;
        long missing = bytes.getInt(68) & 0xffffffffL;
        long runs = bytes.getInt(72) & 0xffffffffL;
        if (HEADER + text + missing * 16 + runs * 8 + 4 != length) {
            throw damaged(path, "has a wrong length");
        }
        var goal = new Goal(
                new UUID(bytes.getLong(16), bytes.getLong(24)),
                bytes.getLong(32),
                bytes.getLong(40),
                bytes.getLong(48),
                text(bytes, HEADER, asked),
                text(bytes, HEADER + asked, undo));
        var headway = new Headway();
        long upTo = bytes.getLong(56);
        check(path, goal.capacity > 0 && upTo >= 0 && upTo <= goal.capacity);
        headway.upTo(upTo);
        bytes.position(HEADER + text);
        for (long i = 0; i < missing; i++) {
            long offset = bytes.getLong();
            long size = bytes.getLong();
            check(path, offset >= 0 && size > 0 && offset <= goal.capacity - size);
            headway.missing().add(new Missing(offset, size, "was damaged when it was tried last"));
        }
        for (long i = 0; i < runs; i++) {
            long offset = upTo + (bytes.getInt() & 0xffffffffL) * SECTOR;
            long size = (bytes.getInt() & 0xffffffffL) * SECTOR;
            check(path, size > 0 && offset - upTo <= Window.LONGEST - size && offset <= goal.capacity - size);
            headway.add(offset, size);
        }
        return new RestoreFile(path, goal, (bytes.getInt(12) & 1) != 0, headway);
    }

    private static String text(ByteBuffer bytes, int at, int length) {
        var text = new byte[length];
        bytes.get(at, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private static void check(Path path, boolean right) {
        if (!right) {
            throw damaged(path, "names places that can't be");
        }
    }

    public Goal goal() {
        return goal;
    }

    /** Whether the image read as zeros when the restore began. */
    public boolean isFresh() {
        return fresh;
    }

    Headway headway() {
        return headway.copy();
    }

    /** Keeps what is done; the target was flushed since. */
    void keep(Headway done) {
        var asked = goal.asked.getBytes(StandardCharsets.UTF_8);
        List<long[]> runs = new ArrayList<>();
        done.forEachDone((offset, length) -> runs.add(new long[] {(offset - done.upTo()) / SECTOR, length / SECTOR}));
        var undo = goal.undo.getBytes(StandardCharsets.UTF_8);
        int missing = done.missing().size();
        var bytes = ByteBuffer.allocate(HEADER + asked.length + undo.length + missing * 16 + runs.size() * 8 + 4)
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(MAGIC).putInt(VERSION).putInt(fresh ? 1 : 0);
        bytes.putLong(goal.history.getMostSignificantBits()).putLong(goal.history.getLeastSignificantBits());
        bytes.putLong(goal.number).putLong(goal.time).putLong(goal.capacity).putLong(done.upTo());
        bytes.putInt(asked.length).putInt(missing).putInt(runs.size()).putInt(undo.length);
        bytes.put(asked).put(undo);
        done.missing().forEach(part -> bytes.putLong(part.offset()).putLong(part.length()));
        runs.forEach(run -> bytes.putInt((int) run[0]).putInt((int) run[1]));
        bytes.putInt(checksum(bytes, bytes.position()));
        write(bytes.flip());
    }

    private void write(ByteBuffer bytes) {
        var passing = path.resolveSibling(path.getFileName() + ".new");
        try {
            try (var to = FileChannel.open(
                    passing,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                while (bytes.hasRemaining()) {
                    to.write(bytes);
                }
                to.force(true);
            }
            Files.move(passing, path, StandardCopyOption.ATOMIC_MOVE);
            DirectoryVolume.sync(path.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw StoreException.of(path.toString(), e);
        }
    }

    /** The image is complete, and on stable storage. */
    public void remove() {
        try {
            Files.deleteIfExists(path);
            DirectoryVolume.sync(path.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw StoreException.of(path.toString(), e);
        }
    }

    private static int checksum(ByteBuffer bytes, int length) {
        var crc = new CRC32C();
        crc.update(bytes.duplicate().rewind().limit(length));
        return (int) crc.getValue();
    }

    private static StoreException damaged(Path path, String why) {
        return new StoreException(
                Code.DAMAGED, path + ": " + why + ", so nobody knows what is done: begin anew by --force");
    }
}
