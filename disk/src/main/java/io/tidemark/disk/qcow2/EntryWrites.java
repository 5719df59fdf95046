// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.ImageException;
import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Slices of L2 entries that go to the file together: one write for all of a slice. Loops see them when they are there, for
 * what is written in place must not be complete before its entry is in the file.
 *
 * <p>Confined to the metadata thread.
 */
final class EntryWrites {
    private static final int SECTOR = 512;

    private final Metadata metadata;
    private final ParallelIo io;
    private final Deque<MemorySegment> spare = new ArrayDeque<>();
    private final Map<Long, Slice> slices = new HashMap<>();

    /**
     * L2 tables that were made, by their places in the L1 table: where they lie. They stay here until a write of theirs has succeeded.
     */
    private final Map<Long, Long> made = new HashMap<>();

    private Tables tables;

    /** A slice with its changes, as it will be in the file. */
    private static final class Slice {
        private final long index;
        private final long place;
        private final MemorySegment content;
        private final BitSet entries = new BitSet();

        Slice(long index, long place, MemorySegment content) {
            this.index = index;
            this.place = place;
            this.content = content;
        }
    }

    EntryWrites(Metadata metadata, ParallelIo io) {
        this.metadata = metadata;
        this.io = io;
    }

    /** Begins with slices of these tables. */
    void begin(Tables of) {
        tables = of;
    }

    /**
     * The entry that maps a place of the disk, as it will be.
     *
     * @throws ImageException where it can't be had
     */
    long entry(long offset) {
        Slice slice = slices.get(offset >>> tables.layout().sliceShift());
        if (slice != null) {
            return BigEndian.u64(slice.content, tables.layout().entryInSlice(offset));
        }
        if (tables.tableOf(offset) == 0) {
            return 0;
        }
        return BigEndian.u64(metadata.slice(tables, offset), tables.layout().entryInSlice(offset));
    }

    /**
     * Changes it.
     *
     * @return 0, or a negative errno where there is no L2 table to be had
     * @throws ImageException where what is there can't be had
     */
    int set(long offset, long entry) {
        long index = offset >>> tables.layout().sliceShift();
        Slice slice = slices.get(index);
        if (slice == null) {
            long table = tableFor(offset);
            if (table < 0) {
                return (int) table;
            }
            slice = new Slice(index, table + tables.layout().sliceInTable(offset), content(offset));
            slices.put(index, slice);
        }
        int at = tables.layout().entryInSlice(offset);
        slice.content.set(BigEndian.LONG, at, entry);
        slice.entries.set(at / Long.BYTES);
        return 0;
    }

    /** Where the table lies, which is made if there is none; or a negative errno. */
    private long tableFor(long offset) {
        long there = tables.l1Entry(offset);
        if (L1Entry.offset(there) != 0) {
            if ((there & L1Entry.COPIED) == 0) {
                metadata.say("the L2 table at " + L1Entry.offset(there) + " has more than one reference");
                return -Errno.EIO;
            }
            return L1Entry.offset(there);
        }
        long index = offset >>> tables.layout().tableShift();
        Long known = made.get(index);
        if (known != null) {
            return known;
        }
        if (tables.isUnsure()) {
            metadata.say("its header couldn't be written when it was to get a longer L1 table; resize it once more");
            return -Errno.EIO;
        }
        long place = tables.space().reserve().takeOne();
        if (place > 0) {
            made.put(index, place);
            // From now on, however writing goes: nobody else is given it.
            tables.space().reserve().settle(place);
            tables.space().tables().add(place);
        }
        return place;
    }

    private MemorySegment content(long offset) {
        int bytes = tables.layout().sliceBytes();
        MemorySegment own = spare.poll();
        if (own == null || own.byteSize() != bytes) {
            own = Arena.ofAuto().allocate(bytes, NativeMemory.PAGE);
        }
        return tables.tableOf(offset) == 0 ? own.fill((byte) 0) : own.copyFrom(metadata.slice(tables, offset));
    }

    /**
     * Writes all changes, and lets loops see them.
     *
     * @throws ImageException where they couldn't be written; the file has the old or the new entries then, and loops see which
     */
    void write() {
        try {
            slices.values().forEach(this::write);
            writeL1();
            io.drain();
            slices.values().forEach(this::show);
            // Behind the slices: one that isn't in memory is read from the file, which has it.
            nameTables();
            made.clear();
        } catch (ImageException e) {
            slices.keySet().forEach(tables.cache()::forget);
            // The file may name them, or not yet: so loops look into them, and the next write names them once more.
            nameTables();
            throw e;
        } finally {
            slices.values().forEach(slice -> spare.add(slice.content));
            slices.clear();
        }
    }

    private void nameTables() {
        made.forEach((index, place) -> tables.setTable(index << tables.layout().tableShift(), place));
    }

    private void write(Slice slice) {
        int first = slice.entries.nextSetBit(0) * Long.BYTES / SECTOR * SECTOR;
        int end = (slice.entries.length() * Long.BYTES + SECTOR - 1) / SECTOR * SECTOR;
        io.write(slice.place + first, slice.content.asSlice(first, end - first));
    }

    /** Sector by sector, with all entries that are new there. */
    private void writeL1() {
        Map<Long, MemorySegment> sectors = new HashMap<>();
        made.forEach((index, place) -> {
            long at = index * Long.BYTES;
            sectors.computeIfAbsent(at / SECTOR * SECTOR, this::sectorOfL1)
                    .set(BigEndian.LONG, at % SECTOR, place | L1Entry.COPIED);
        });
        sectors.forEach((at, sector) -> io.write(tables.header().l1Offset() + at, sector));
    }

    private MemorySegment sectorOfL1(long at) {
        MemorySegment sector = Arena.ofAuto().allocate(SECTOR, NativeMemory.PAGE);
        MemorySegment l1 = tables.l1();
        return sector.copyFrom(l1.asSlice(at, Math.min(SECTOR, l1.byteSize() - at)));
    }

    private void show(Slice slice) {
        L2Cache cache = tables.cache();
        int slot = cache.slotOf(slice.index);
        if (slot >= 0) {
            slice.entries.stream().forEach(entry -> {
                long at = (long) entry * Long.BYTES;
                cache.set(slot, at, BigEndian.u64(slice.content, at));
            });
        }
    }
}
