// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Says that an image is being restored and isn't complete, to which state, and what of it is done (docs/store-format.md, "An unfinished
 * restore"). It lies beside the image, and is replaced as a whole, so it is there in full or not at all.
 */
public final class RestoreNote {
    /** "TMRKREST" */
    private static final long MAGIC = 0x545345524b524d54L;

    private static final int VERSION = 1;
    private static final int HEADER = 80;
    private static final int LONGEST_TEXT = 4096;
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

    private final NotePlace place;
    private final Goal goal;
    private final boolean fresh;
    private final Headway headway;

    private RestoreNote(NotePlace place, Goal goal, boolean fresh, Headway headway) {
        this.place = place;
        this.goal = goal;
        this.fresh = fresh;
        this.headway = headway;
    }

    /** Whether the image is a disk's that is being brought back, rather than a new one. */
    public boolean isInPlace() {
        return !goal.undo.isEmpty();
    }

    /** Begins one: from now on the image counts as unfinished, whatever it holds. If this fails, it counts as what it was. */
    public static RestoreNote begin(NotePlace place, Goal goal) {
        var note = new RestoreNote(place, goal, false, new Headway());
        boolean another = place.read().isPresent();
        try {
            note.keep(note.headway);
        } catch (RuntimeException e) {
            if (!another) {
                note.removeAfter(e);
            }
            throw e;
        }
        return note;
    }

    /** It may be there nevertheless, and who was told that it isn't goes on with the image as it was. */
    private void removeAfter(RuntimeException failure) {
        try {
            remove();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /** The same of an image that is known to read as zeros wherever nothing is written. */
    public RestoreNote onFreshImage() {
        var note = new RestoreNote(place, goal, true, headway);
        note.keep(headway);
        return note;
    }

    /**
     * Reads the one that is there; empty if there is none.
     *
     * @throws StoreException DAMAGED if it can't be believed
     */
    public static Optional<RestoreNote> find(NotePlace place) {
        return place.read().map(bytes -> parse(place, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)));
    }

    private static RestoreNote parse(NotePlace place, ByteBuffer bytes) {
        int length = bytes.limit();
        if (length > NotePlace.LARGEST) {
            throw damaged(place, "is too large");
        }
        if (length < HEADER + 4 || bytes.getLong(0) != MAGIC) {
            throw damaged(place, "is no such note");
        }
        if (bytes.getInt(length - 4) != checksum(bytes, length - 4)) {
            throw damaged(place, "has a wrong checksum");
        }
        if (bytes.getInt(8) != VERSION) {
            throw new StoreException(
                    Code.UNSUPPORTED,
                    place + ": was written by another version: restore with that, or begin anew by --force");
        }
        int asked = bytes.getInt(64);
        int undo = bytes.getInt(76);
        check(place, asked >= 0 && asked <= LONGEST_TEXT && undo >= 0 && undo <= LONGEST_TEXT);
        int text = asked + undo;
        long missing = bytes.getInt(68) & 0xffffffffL;
        long runs = bytes.getInt(72) & 0xffffffffL;
        if (HEADER + text + missing * 16 + runs * 8 + 4 != length) {
            throw damaged(place, "has a wrong length");
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
        check(place, goal.capacity > 0 && upTo >= 0 && upTo <= goal.capacity);
        headway.upTo(upTo);
        bytes.position(HEADER + text);
        for (long i = 0; i < missing; i++) {
            long offset = bytes.getLong();
            long size = bytes.getLong();
            check(place, offset >= 0 && size > 0 && offset <= goal.capacity - size);
            headway.missing().add(new Missing(offset, size, "was damaged when it was tried last"));
        }
        for (long i = 0; i < runs; i++) {
            long offset = upTo + (bytes.getInt() & 0xffffffffL) * SECTOR;
            long size = (bytes.getInt() & 0xffffffffL) * SECTOR;
            check(place, size > 0 && offset - upTo <= Window.LONGEST - size && offset <= goal.capacity - size);
            headway.add(offset, size);
        }
        return new RestoreNote(place, goal, (bytes.getInt(12) & 1) != 0, headway);
    }

    private static String text(ByteBuffer bytes, int at, int length) {
        var text = new byte[length];
        bytes.get(at, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private static void check(NotePlace place, boolean right) {
        if (!right) {
            throw damaged(place, "names places that can't be");
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
        place.replace(bytes.array());
    }

    /** The image is complete, and on stable storage. */
    public void remove() {
        place.remove();
    }

    private static int checksum(ByteBuffer bytes, int length) {
        var crc = new CRC32C();
        crc.update(bytes.duplicate().rewind().limit(length));
        return (int) crc.getValue();
    }

    private static StoreException damaged(NotePlace place, String why) {
        return new StoreException(
                Code.DAMAGED, place + ": " + why + ", so nobody knows what is done: begin anew by --force");
    }
}
