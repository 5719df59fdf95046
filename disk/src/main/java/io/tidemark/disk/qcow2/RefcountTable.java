// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An image's refcounts in memory, by the block: the refcount table as a whole, and those of its blocks that were used lately
 * (qcow2.txt, "Host cluster management"). Changes stay in memory until they are written, blocks and table apart, because a sync
 * belongs between them.
 *
 * <p>Confined to a thread.
 */
final class RefcountTable {
    private static final int SECTOR = 512;

    /** How much memory blocks without changes may take, in bytes, and how many there may be at the least. */
    private static final long MOST_BYTES = 4 << 20;

    private static final int LEAST_BLOCKS = 4;

    /** QEMU's limit: a table of 8 MiB. */
    private static final long MOST_ENTRIES = (8 << 20) / Long.BYTES;

    private final int clusterBits;
    private final int order;
    private final long perBlock;
    private final ParallelIo io;
    private final KnownTables known;
    private final LinkedHashMap<Integer, Block> blocks = new LinkedHashMap<>(16, 0.75f, true);
    private long place;
    private long[] table;

    /** The entries that were changed lie between these two. */
    private int firstChanged;

    private int lastChanged;

    /** A refcount block: its content, and the bytes that were changed. */
    private static final class Block {
        private final MemorySegment content;
        private long from = Long.MAX_VALUE;
        private long to;

        Block(MemorySegment content) {
            this.content = content;
        }

        boolean isChanged() {
            return from < to;
        }

        void change(long begin, long end) {
            from = Math.min(from, begin);
            to = Math.max(to, end);
        }

        void written() {
            from = Long.MAX_VALUE;
            to = 0;
        }
    }

    /**
     * @param known told where blocks and table lie
     * @throws Malformed where the table names what can be no block
     */
    RefcountTable(Header header, ParallelIo io, KnownTables known) {
        this.clusterBits = header.clusterBits();
        this.order = header.refcountOrder();
        this.perBlock = Refcounts.perBlock(clusterBits, order);
        this.io = io;
        this.known = known;
        forget();
    }

    /**
     * Takes the table as it is in the file; changes that were not written are lost, and so is a larger table that the header doesn't name.
     *
     * @throws Malformed where the table or a block can't lie where they are said to
     * @throws io.tidemark.disk.ImageException where they can't be read; then this is of no use until they could be
     */
    void forget() {
        blocks.clear();
        unchanged();
        findTable();
        MemorySegment bytes = buffer(bytes());
        if (table.length > 0) {
            io.read(place, bytes);
            io.drain();
        }
        long[] found = new long[table.length];
        int count = 0;
        for (int i = 0; i < table.length; i++) {
            table[i] = BigEndian.u64(bytes, (long) i * Long.BYTES);
            if ((table[i] & (1L << clusterBits) - 1) != 0
                    || table[i] < 0
                    || table[i] > io.capacity() - (1L << clusterBits)) {
                throw new Malformed("entry " + i + " of its refcount table is " + Long.toHexString(table[i]));
            }
            if (table[i] != 0) {
                found[count++] = table[i] >>> clusterBits;
            }
        }
        known.blocks(Arrays.copyOf(found, count));
    }

    private void findTable() {
        MemorySegment header = buffer(SECTOR);
        io.read(0, header);
        io.drain();
        place = BigEndian.u64(header, HeaderField.REFCOUNT_OFFSET);
        table = new long[(int) (BigEndian.u32(header, HeaderField.REFCOUNT_CLUSTERS) << clusterBits >>> 3)];
        if (place > io.capacity() - bytes()) {
            throw new Malformed("its refcount table, at " + place + ", goes beyond the end of the file");
        }
        known.refcountTableMoved(place, bytes());
    }

    private void unchanged() {
        firstChanged = Integer.MAX_VALUE;
        lastChanged = -1;
    }

    private static MemorySegment buffer(long bytes) {
        return Arena.ofAuto().allocate(bytes, NativeMemory.PAGE);
    }

    /** Where the table lies, and how many bytes it has. */
    long place() {
        return place;
    }

    long bytes() {
        return (long) table.length * Long.BYTES;
    }

    /** Whether the cluster's refcount has a place in the table. */
    boolean reaches(long cluster) {
        return cluster / perBlock < table.length;
    }

    boolean hasBlockFor(long cluster) {
        return reaches(cluster) && table[(int) (cluster / perBlock)] != 0;
    }

    /** The first cluster from this one on whose refcount is 0. */
    long nextFree(long from) {
        long cluster = from;
        while (hasBlockFor(cluster)) {
            MemorySegment content = block(cluster).content;
            long index = cluster % perBlock;
            while (index < perBlock && Refcounts.get(content, order, index) != 0) {
                index++;
            }
            cluster = cluster / perBlock * perBlock + index;
            if (index < perBlock) {
                break;
            }
        }
        return cluster;
    }

    /** As an unsigned number; 0 where there is no block. */
    long get(long cluster) {
        return hasBlockFor(cluster) ? Refcounts.get(block(cluster).content, order, cluster % perBlock) : 0;
    }

    /** The first of so many clusters in a row, from this one on, whose refcounts are 0. */
    long nextRow(long from, long clusters) {
        long first = nextFree(from);
        for (long i = 1; i < clusters; i++) {
            long free = nextFree(first + i);
            if (free != first + i) {
                first = free;
                i = 0;
            }
        }
        return first;
    }

    /** The first cluster that the table doesn't reach. */
    long reach() {
        return table.length * perBlock;
    }

    /** Changes it in memory. There is a block for it. */
    void set(long cluster, long count) {
        Block block = block(cluster);
        long index = cluster % perBlock;
        Refcounts.set(block.content, order, index, count);
        long at = Refcounts.byteOf(order, index);
        block.change(at, at + Math.max(1, (1 << order) / Byte.SIZE));
    }

    /** @throws Malformed where a table lies in one of so many clusters from the first on, which count as free */
    void checkUnused(long first, long clusters) {
        for (long cluster = first; cluster < first + clusters; cluster++) {
            if (known.contains(cluster)) {
                throw new Malformed("one of its tables lies in cluster " + cluster + ", which counts as free");
            }
        }
    }

    /**
     * Makes a block for a cluster that has none, at a place of a cluster. Its own refcount isn't set.
     *
     * @throws Malformed where a table lies there
     */
    void makeBlock(long cluster, long at) {
        checkUnused(at >>> clusterBits, 1);
        int index = (int) (cluster / perBlock);
        table[index] = at;
        known.addBlock(at);
        Block block = new Block(buffer(1L << clusterBits));
        block.change(0, 1L << clusterBits);
        blocks.put(index, block);
        firstChanged = Math.min(firstChanged, index);
        lastChanged = Math.max(lastChanged, index);
    }

    private Block block(long cluster) {
        int index = (int) (cluster / perBlock);
        Block known = blocks.get(index);
        if (known == null) {
            makeRoom();
            known = new Block(buffer(1L << clusterBits));
            io.read(table[index], known.content);
            io.drain();
            blocks.put(index, known);
        }
        return known;
    }

    private void makeRoom() {
        long most = Math.max(LEAST_BLOCKS, MOST_BYTES >>> clusterBits);
        Iterator<Map.Entry<Integer, Block>> oldest = blocks.entrySet().iterator();
        while (blocks.size() >= most && oldest.hasNext()) {
            if (!oldest.next().getValue().isChanged()) {
                oldest.remove();
            }
        }
    }

    /** Writes the changes of blocks; they last when there was a sync. */
    void writeBlocks() {
        blocks.forEach((index, block) -> {
            if (block.isChanged()) {
                long from = block.from / SECTOR * SECTOR;
                long to = (block.to + SECTOR - 1) / SECTOR * SECTOR;
                io.write(table[index] + from, block.content.asSlice(from, to - from));
            }
        });
        io.drain();
        blocks.values().forEach(Block::written);
    }

    /** Whether there are blocks that the table in the file doesn't name. */
    boolean hasNewBlocks() {
        return lastChanged >= 0;
    }

    /** Writes the entries of new blocks. */
    void writeTable() {
        if (hasNewBlocks()) {
            int perSector = SECTOR / Long.BYTES;
            writeEntries(firstChanged / perSector * perSector, (lastChanged / perSector + 1) * perSector);
        }
        unchanged();
    }

    private void writeEntries(int from, int to) {
        MemorySegment bytes = buffer((long) (to - from) * Long.BYTES);
        for (int i = from; i < to; i++) {
            bytes.set(BigEndian.LONG, (long) (i - from) * Long.BYTES, table[i]);
        }
        io.write(place + (long) from * Long.BYTES, bytes);
        io.drain();
    }

    /**
     * How many clusters a table has that reaches so far, and half of what there is further.
     *
     * @return 0 where no table can
     */
    long clustersFor(long cluster) {
        long most = Math.max(1, MOST_ENTRIES * Long.BYTES >>> clusterBits);
        long needed = ((cluster / perBlock + 1) * Long.BYTES - 1 >>> clusterBits) + 1;
        return needed > most ? 0 : Math.min(most, Math.max(needed, (bytes() * 3 / 2 >>> clusterBits) + 1));
    }

    /** Goes on with a larger table, in memory; nothing of it is in the file yet. */
    void grow(long at, long clusters) {
        long[] larger = new long[(int) (clusters << clusterBits >>> 3)];
        System.arraycopy(table, 0, larger, 0, table.length);
        table = larger;
        place = at;
        known.refcountTableMoved(place, bytes());
    }

    /** Writes all of the table, where it lies now. */
    void writeWholeTable() {
        writeEntries(0, table.length);
        unchanged();
    }
}
