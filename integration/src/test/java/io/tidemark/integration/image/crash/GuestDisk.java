// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import io.tidemark.disk.Request;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * What a guest may find on its disk, by sector, from what it has sent and when that was acknowledged. Each word of a sector that it
 * has written tells the sector and the write.
 *
 * <p>Two changes that were on their way together may have come in any order. A change is superseded by one that was sent
 * behind its acknowledgement, from when on that one can't get lost.
 */
final class GuestDisk {
    static final int SECTOR = 512;

    /** A change that the guest has sent. */
    static final class Change {
        final int id;
        final Request.Kind kind;
        final long offset;
        final long length;
        final int begin;
        int ack = Ticks.NEVER;
        int firm = Ticks.NEVER;

        /** Answered with an error: it has come about in part, perhaps, and no flush covers it. */
        boolean failed;

        /** A discard that has left all as it was. */
        boolean withoutEffect;

        private Change(int id, Request.Kind kind, long offset, long length, int begin) {
            this.id = id;
            this.kind = kind;
            this.offset = offset;
            this.length = length;
            this.begin = begin;
        }

        @Override
        public String toString() {
            return id + ": " + kind + " [" + offset + ", +" + length + ") " + begin + ".." + ack
                    + (firm == Ticks.NEVER ? "" : ", firm at " + firm) + (failed ? ", failed" : "")
                    + (withoutEffect ? ", without effect" : "");
        }
    }

    private record Size(long bytes, int begin, int ack, int firm) {}

    private final Ticks ticks;
    private final byte[] initial;
    private final List<Size> sizes = new ArrayList<>();
    private final List<Change> changes = new ArrayList<>();
    private final List<List<Change>> bySector = new ArrayList<>();
    private final int firstId;

    /** @param firstId of the changes; no change of an earlier life of the disk has had it or a later one */
    GuestDisk(Ticks ticks, byte[] initial, int firstId) {
        this.ticks = ticks;
        this.initial = initial;
        this.firstId = firstId;
        sizes.add(new Size(initial.length, 0, 0, 0));
        addSectors(initial.length);
    }

    private void addSectors(long bytes) {
        while (bySector.size() < bytes / SECTOR) {
            bySector.add(new ArrayList<>());
        }
    }

    long size() {
        return sizes.getLast().bytes;
    }

    int nextId() {
        return firstId + changes.size();
    }

    Change begin(Request.Kind kind, long offset, long length) {
        Change change = new Change(nextId(), kind, offset, length, ticks.next());
        changes.add(change);
        for (long sector = offset / SECTOR; sector < (offset + length) / SECTOR; sector++) {
            bySector.get((int) sector).add(change);
        }
        return change;
    }

    void end(Change change, boolean failed, boolean withoutEffect, boolean durable) {
        change.failed = failed;
        change.withoutEffect = withoutEffect;
        change.ack = ticks.next();
        change.firm = durable && !failed ? change.ack : Ticks.NEVER;
    }

    /** A flush that was sent then is complete. */
    void flushed(int begin) {
        int end = ticks.next();
        for (Change change : changes) {
            if (!change.failed && change.ack < begin && change.firm == Ticks.NEVER) {
                change.firm = end;
            }
        }
        sizes.replaceAll(size ->
                size.ack < begin && size.firm == Ticks.NEVER ? new Size(size.bytes, size.begin, size.ack, end) : size);
    }

    /** The disk is going to have this size. */
    void beginResize(long bytes) {
        sizes.add(new Size(bytes, ticks.next(), Ticks.NEVER, Ticks.NEVER));
        addSectors(bytes);
    }

    void endResize(boolean failed) {
        Size last = sizes.removeLast();
        if (!failed) {
            sizes.add(new Size(last.bytes, last.begin, ticks.next(), Ticks.NEVER));
        } else {
            sizes.add(new Size(last.bytes, last.begin, Ticks.NEVER, Ticks.NEVER));
            sizes.add(new Size(sizes.get(sizes.size() - 2).bytes, ticks.last(), Ticks.NEVER, Ticks.NEVER));
        }
    }

    /** Fills a sector as the change writes it. */
    static void stamp(ByteBuffer sector, long number, int id) {
        for (int at = 0; at < SECTOR; at += Long.BYTES) {
            sector.putLong(at, number + 1 << 32 | id);
        }
    }

    /** What is wrong with what a read has found that was sent then, and is complete now; empty if nothing is. */
    String checkRead(long offset, byte[] found, int begin) {
        for (int at = 0; at < found.length; at += SECTOR) {
            String wrong = check((offset + at) / SECTOR, found, at, ticks.last(), begin, change -> change.ack);
            if (!wrong.isEmpty()) {
                return "a read: " + wrong;
            }
        }
        return "";
    }

    /**
     * What is wrong with the disk behind a crash; empty if nothing is.
     *
     * @param cut the last moment before
     * @param killed whether what was acknowledged must be there, else what was flushed
     */
    String check(byte[] disk, int cut, boolean killed) {
        ToIntFunction<Change> firm = killed ? change -> change.ack : change -> change.firm;
        if (!mayHaveSize(disk.length, cut, killed)) {
            return "its size is " + disk.length + ", of " + sizes;
        }
        for (int at = 0; at < disk.length; at += SECTOR) {
            String wrong = check(at / SECTOR, disk, at, cut, cut, firm);
            if (!wrong.isEmpty()) {
                return wrong;
            }
        }
        return "";
    }

    private boolean mayHaveSize(long bytes, int cut, boolean killed) {
        int last = 0;
        for (int i = 0; i < sizes.size(); i++) {
            if ((killed ? sizes.get(i).ack : sizes.get(i).firm) <= cut) {
                last = i;
            }
        }
        return sizes.subList(last, sizes.size()).stream().anyMatch(size -> size.begin <= cut && size.bytes == bytes);
    }

    private String check(long sector, byte[] found, int at, int seen, int cut, ToIntFunction<Change> firmAt) {
        List<Change> all = bySector.get((int) sector);
        int newest = 0;
        for (Change change : all) {
            if (firmAt.applyAsInt(change) <= cut && !change.failed && !change.withoutEffect) {
                newest = Math.max(newest, change.begin);
            }
        }
        if (newest == 0 && isInitial(sector, found, at)) {
            return "";
        }
        for (Change change : all) {
            boolean possible = change.begin <= seen && change.ack >= newest && !change.withoutEffect;
            if (possible && isOf(change, sector, found, at)) {
                return "";
            }
        }
        return "sector " + sector + " (byte " + sector * SECTOR + " of the disk) holds " + describe(found, at)
                + "; what was sent there: " + all + "; at " + cut;
    }

    private boolean isInitial(long sector, byte[] found, int at) {
        int from = (int) sector * SECTOR;
        return from < initial.length
                ? Arrays.equals(initial, from, from + SECTOR, found, at, at + SECTOR)
                : isZero(found, at);
    }

    private static boolean isZero(byte[] found, int at) {
        for (int i = at; i < at + SECTOR; i++) {
            if (found[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean isOf(Change change, long sector, byte[] found, int at) {
        if (change.kind != Request.Kind.WRITE) {
            return isZero(found, at);
        }
        ByteBuffer words = ByteBuffer.wrap(found, at, SECTOR);
        while (words.hasRemaining()) {
            if (words.getLong() != (sector + 1 << 32 | change.id)) {
                return false;
            }
        }
        return true;
    }

    private static String describe(byte[] found, int at) {
        ByteBuffer words = ByteBuffer.wrap(found, at, SECTOR);
        long first = words.getLong();
        boolean same = true;
        while (words.hasRemaining()) {
            same &= words.getLong() == first;
        }
        return Long.toHexString(first) + (same ? "" : " and other words")
                + " (a sector that was written holds its number, counted from 1, and the write's)";
    }
}
