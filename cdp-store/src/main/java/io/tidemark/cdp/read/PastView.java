// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.block.BlockReader;
import io.tidemark.cdp.block.Generations;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Le;
import io.tidemark.disk.Extent;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A disk as it was at a state: which record holds each of its bytes. Built once, 16 bytes per extent; content is read from
 * the store when it is asked for, and every checksum on the way is checked. Belongs to one thread.
 */
public final class PastView implements AutoCloseable {
    static final int SECTOR = 512;
    private static final int CACHED_BLOCKS = 16;

    private final History history;
    private final RecordLog log;
    private final State state;
    private final ExtentTable extents;
    private final BlockReader blocks;

    private PastView(History history, RecordLog log, State state, ExtentTable extents) {
        this.history = history;
        this.log = log;
        this.state = state;
        this.extents = extents;
        this.blocks = new BlockReader(history, Generations.NONE, CACHED_BLOCKS);
    }

    static PastView build(History history, RecordLog log, State state) {
        var extents = new ExtentTable();
        var covered = new CoveredSectors((history.capacity() + SECTOR - 1) / SECTOR);
        var newest = new NewestFirst(log, (int) state.records());
        for (int record = newest.next(); record >= 0 && !covered.isComplete(); record = newest.next()) {
            int source = Kind.hasData(log.kind(record)) ? record : -1;
            long first = log.offset(record) / SECTOR;
            covered.cover(
                    first,
                    first + log.length(record) / SECTOR,
                    (from, to) -> extents.add(from * SECTOR, (int) (to - from), source));
        }
        extents.sortByOffset();
        return new PastView(history, log, state, extents);
    }

    public State state() {
        return state;
    }

    /** The disk's size in bytes. */
    public long capacity() {
        return history.capacity();
    }

    /** How many extents there are. They don't overlap, ascend, and leave out what was never recorded, which is zero. */
    public int extentCount() {
        return extents.size();
    }

    public Extent extent(int index) {
        return new Extent(
                extents.offset(index),
                extents.length(index),
                extents.record(index) < 0 ? Extent.Sort.ZERO : Extent.Sort.DATA);
    }

    /** The extent that begins at {@code offset}; what was never recorded is a hole. */
    public Extent extentAt(long offset) {
        int i = firstBehind(offset);
        if (i == extents.size() || extents.offset(i) > offset) {
            long end = i == extents.size() ? capacity() : extents.offset(i);
            return new Extent(offset, end - offset, Extent.Sort.HOLE);
        }
        var extent = extent(i);
        return new Extent(offset, extent.end() - offset, extent.sort());
    }

    /** Takes a piece of the disk that has content; answers whether it wants more. */
    @FunctionalInterface
    public interface DataConsumer {
        /**
         * @param place where the content lies: read by ascending places, the store's blocks are read one after the other.
         *     Equal for what lies in one block
         */
        boolean accept(long offset, long length, long place);
    }

    /** Gives the pieces of a range that have content, ascending. */
    public void forEachData(long from, long to, DataConsumer consumer) {
        for (int i = firstBehind(from); i < extents.size() && extents.offset(i) < to; i++) {
            int record = extents.record(i);
            if (record >= 0) {
                long begin = Math.max(from, extents.offset(i));
                long end = Math.min(to, extents.offset(i) + extents.length(i));
                if (!consumer.accept(begin, end - begin, (long) log.segment(record) << 32 | log.block(record))) {
                    return;
                }
            }
        }
    }

    /** Reads a range of the disk. */
    public void read(long offset, MemorySegment into) {
        Objects.checkFromIndexSize(offset, into.byteSize(), capacity());
        long end = offset + into.byteSize();
        long at = offset;
        for (int i = firstBehind(offset); at < end && i < extents.size(); i++) {
            long from = Math.max(extents.offset(i), at);
            if (from >= end) {
                break;
            }
            long to = Math.min(extents.offset(i) + extents.length(i), end);
            into.asSlice(at - offset, from - at).fill((byte) 0);
            var part = into.asSlice(from - offset, to - from);
            if (extents.record(i) < 0) {
                part.fill((byte) 0);
            } else {
                part.copyFrom(content(i).asSlice(from - extents.offset(i), to - from));
            }
            at = to;
        }
        into.asSlice(at - offset).fill((byte) 0);
    }

    /** The first extent that ends behind an offset. */
    private int firstBehind(long offset) {
        int low = 0;
        int high = extents.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (extents.offset(middle) + extents.length(middle) <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The content of an extent, checked; valid until some more blocks have been read. */
    private MemorySegment content(int extent) {
        int record = extents.record(extent);
        return record(blocks, log, record).asSlice(extents.offset(extent) - log.offset(record), extents.length(extent));
    }

    /** The content of a record, checked against its own checksum. */
    static MemorySegment record(BlockReader blocks, RecordLog log, int record) {
        int segment = log.segment(record);
        long at = log.block(record);
        var block = blocks.read(segment, at).bytes();
        long length = log.length(record);
        if (log.inBlock(record) + length > block.byteSize()) {
            throw blocks.damaged(segment, at, "is shorter than write " + log.number(record) + " needs", null);
        }
        if (Le.crc32c(block, log.inBlock(record), length) != log.checksum(record)) {
            throw blocks.damaged(segment, at, "checksum of write " + log.number(record) + " is wrong", null);
        }
        return block.asSlice(log.inBlock(record), length);
    }

    @Override
    public void close() {
        blocks.close();
    }
}
