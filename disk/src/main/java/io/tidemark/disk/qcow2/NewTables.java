// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The clusters that an image begins with: its header, the refcount table, the refcount blocks that count these, and an empty L1
 * table, in this order.
 */
final class NewTables {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);

    /** Each header extension has its type and its length before it. */
    private static final int EXTENSION = 8;

    private static final int HEADER_LENGTH = 112;

    private final NewImage image;
    private final long cluster;
    private final long l1Entries;
    private final long l1Clusters;
    private final long tableClusters;
    private final long blocks;

    /** @throws Refused where the disk is too large for such clusters */
    NewTables(NewImage image) {
        this.image = image;
        this.cluster = image.clusterSize();
        int bits = image.clusterBits();
        l1Entries = (image.size() - 1 >>> 2 * bits - L2Entry.shift(false)) + 1;
        if (l1Entries > Header.MAX_L1_ENTRIES) {
            throw new Refused(
                    "can't have a disk of " + image.size() + " bytes in clusters of " + cluster,
                    "choose larger clusters");
        }
        l1Clusters = (l1Entries * Long.BYTES - 1 >>> bits) + 1;
        long counted = 0;
        long table = 1;
        // What counts must be counted, too.
        for (long all = 1 + l1Clusters + table; all > counted * perBlock(); all = 1 + l1Clusters + table + counted) {
            counted = (all - 1) / perBlock() + 1;
            table = (counted * Long.BYTES - 1 >>> bits) + 1;
        }
        blocks = counted;
        tableClusters = table;
    }

    private long perBlock() {
        return Refcounts.perBlock(image.clusterBits(), image.refcountOrder());
    }

    /** How long the file is. */
    long bytes() {
        return used() * cluster;
    }

    private long used() {
        return 1 + tableClusters + blocks + l1Clusters;
    }

    /** Writes them, the header last: before that it is no image. */
    void write(ParallelIo io) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment table = arena.allocate(tableClusters * cluster, NativeMemory.PAGE);
            MemorySegment counts = arena.allocate(blocks * cluster, NativeMemory.PAGE);
            for (long i = 0; i < blocks; i++) {
                table.set(BigEndian.LONG, i * Long.BYTES, (1 + tableClusters + i) * cluster);
            }
            for (long i = 0; i < used(); i++) {
                // Blocks lie one behind the other, so their entries go on from one to the next.
                Refcounts.set(counts, image.refcountOrder(), i, 1);
            }
            io.write(cluster, table);
            io.write((1 + tableClusters) * cluster, counts);
            // A device may hold anything.
            io.zero((1 + tableClusters + blocks) * cluster, l1Clusters * cluster);
            io.flush();
            io.write(0, header(arena));
            io.flush();
        }
    }

    private MemorySegment header(Arena arena) {
        MemorySegment header = arena.allocate(cluster, NativeMemory.PAGE);
        header.set(INT, HeaderField.MAGIC, (int) HeaderField.MAGIC_VALUE);
        header.set(INT, HeaderField.VERSION, image.version());
        header.set(INT, HeaderField.CLUSTER_BITS, image.clusterBits());
        header.set(BigEndian.LONG, HeaderField.SIZE, image.size());
        header.set(INT, HeaderField.L1_ENTRIES, (int) l1Entries);
        header.set(BigEndian.LONG, HeaderField.L1_OFFSET, (1 + tableClusters + blocks) * cluster);
        header.set(BigEndian.LONG, HeaderField.REFCOUNT_OFFSET, cluster);
        header.set(INT, HeaderField.REFCOUNT_CLUSTERS, (int) tableClusters);
        int end = HeaderField.LENGTH_2;
        if (image.version() > 2) {
            header.set(BigEndian.LONG, HeaderField.COMPATIBLE, image.lazyRefcounts() ? Feature.LAZY_REFCOUNTS : 0);
            header.set(INT, HeaderField.REFCOUNT_ORDER, image.refcountOrder());
            header.set(INT, HeaderField.HEADER_LENGTH, HEADER_LENGTH);
            end = HEADER_LENGTH;
        }
        if (image.backing().isPresent()) {
            backing(header, end, image.backing().get());
        }
        return header;
    }

    /** The format as an extension, and the name behind that and the extension that ends them. */
    private void backing(MemorySegment header, int at, NewImage.Backing backing) {
        byte[] format = backing.format().getBytes(StandardCharsets.US_ASCII);
        byte[] name = backing.file().getBytes(StandardCharsets.UTF_8);
        int nameAt = at + EXTENSION + (format.length + EXTENSION - 1) / EXTENSION * EXTENSION + EXTENSION;
        if (name.length > Header.MAX_BACKING_NAME || nameAt + name.length > cluster) {
            throw new Refused(
                    "can't have a backing file with a name of " + name.length + " bytes",
                    "choose a shorter name, or larger clusters");
        }
        header.set(INT, at, (int) HeaderExtension.BACKING_FORMAT);
        header.set(INT, at + Integer.BYTES, format.length);
        MemorySegment.copy(format, 0, header, ValueLayout.JAVA_BYTE, at + EXTENSION, format.length);
        MemorySegment.copy(name, 0, header, ValueLayout.JAVA_BYTE, nameAt, name.length);
        header.set(BigEndian.LONG, HeaderField.BACKING_OFFSET, nameAt);
        header.set(INT, HeaderField.BACKING_LENGTH, name.length);
    }
}
