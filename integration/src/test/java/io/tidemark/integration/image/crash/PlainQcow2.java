// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.tidemark.integration.process.LabException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads and checks an image that lies in an array, by qcow2.txt and nothing else: no cache, no thread, no code in common with what it
 * judges. Whether it judges as QEMU does is a test of its own.
 */
final class PlainQcow2 {
    private static final long OFFSET = 0x00ff_ffff_ffff_fe00L;
    private static final long COPIED = 1L << 63;
    private static final long COMPRESSED = 1L << 62;
    private static final long RESERVED = 0x3f00_0000_0000_01feL;
    private static final int SECTOR = 512;
    private static final int INCOMPATIBLE = 72;
    private static final int REFCOUNT_ORDER = 96;
    private static final int COMPRESSION = 104;

    private final byte[] file;
    private final ByteBuffer bytes;
    private final int version;
    private final int bits;
    private final int cluster;
    private final int order;
    private final int l1Entries;
    private final int l1At;
    private final boolean zstd;
    private final long[] references;
    private String wrong = "";
    private int leaks;

    PlainQcow2(byte[] file) {
        this.file = file;
        this.bytes = ByteBuffer.wrap(file);
        this.version = bytes.getInt(4);
        this.bits = bytes.getInt(20);
        this.cluster = 1 << bits;
        this.order = version == 2 ? 4 : bytes.getInt(REFCOUNT_ORDER);
        this.l1Entries = bytes.getInt(36);
        this.l1At = (int) bytes.getLong(40);
        this.zstd = version == 3 && bytes.getInt(100) > COMPRESSION && file[COMPRESSION] == 1;
        this.references = new long[(file.length + cluster - 1) / cluster + 1];
    }

    int size() {
        return (int) bytes.getLong(24);
    }

    int cluster() {
        return cluster;
    }

    /** Whether whoever wrote to it has found it damaged. */
    boolean isMarkedCorrupt() {
        return version == 3 && (bytes.getLong(INCOMPATIBLE) & 2) != 0;
    }

    int l1At() {
        return l1At;
    }

    /** The first thing that is wrong in a way that {@code qemu-img check} calls a corruption; empty if nothing is. */
    String check() {
        count();
        return wrong;
    }

    /** How many clusters have a higher refcount than references. After {@link #check}. */
    int leaks() {
        return leaks;
    }

    /** Likewise, with those that count clusters behind the end of the file: a power cut can take its length back, and leave them. */
    int leaksAnywhere() {
        int found = leaks;
        long perBlock = 1L << bits + 3 - order;
        long entries = (long) bytes.getInt(56) << bits - 3;
        for (long block = 0; block < entries; block++) {
            if (word(bytes.getLong(48) + block * 8) != 0) {
                for (long i = Math.max(references.length, block * perBlock); i < (block + 1) * perBlock; i++) {
                    found += refcount(i) != 0 ? 1 : 0;
                }
            }
        }
        return found;
    }

    private void wrong(String what) {
        if (wrong.isEmpty()) {
            wrong = what;
        }
    }

    private void count() {
        if (bytes.getInt(0) != 0x514649fb || isMarkedCorrupt()) {
            wrong("it is no qcow2 image, or one that is marked as corrupt");
        }
        long table = bytes.getLong(48);
        long tableBytes = (long) bytes.getInt(56) << bits;
        refer("the header", 0, 1);
        refer("the refcount table", table, tableBytes);
        refer("the L1 table", l1At, 8L * l1Entries);
        for (long at = table; at < table + tableBytes; at += 8) {
            long block = word(at);
            if (block != 0) {
                refer("a refcount block", block, cluster);
            }
        }
        if ((long) l1Entries << 2 * bits - 3 < size()) {
            wrong("the L1 table is too small");
        }
        for (int i = 0; i < l1Entries; i++) {
            long entry = word(l1At + 8L * i);
            if (entry != 0) {
                countTable(entry, i);
            }
        }
        for (int i = 0; i < references.length; i++) {
            long refcount = refcount(i);
            if (Long.compareUnsigned(refcount, references[i]) < 0) {
                wrong("cluster " + i + " has " + references[i] + " references, and a refcount of " + refcount);
            } else if (refcount != references[i]) {
                leaks++;
            }
        }
    }

    private void countTable(long entry, int index) {
        long table = entry & OFFSET;
        String name = "L2 table " + index;
        if (!refer(name, table, cluster)) {
            return;
        }
        copied(name, entry, table);
        for (int i = 0; i < cluster / 8; i++) {
            long at = word(table + 8L * i);
            if ((at & COMPRESSED) != 0) {
                int offsetBits = 62 - (bits - 8);
                long begin = at & (1L << offsetBits) - 1;
                long sectors = (at & COMPRESSED - 1) >>> offsetBits;
                long end = (begin / SECTOR + sectors + 1) * SECTOR;
                if ((at & COPIED) != 0) {
                    wrong(name + ": a compressed cluster with bit 63");
                }
                refer(name + ", compressed cluster " + i, begin, end - begin);
            } else if ((at & OFFSET) != 0) {
                if ((at & RESERVED) != 0) {
                    wrong(name + ", entry " + i + " is " + Long.toHexString(at));
                }
                if (refer(name + ", cluster " + i, at & OFFSET, cluster)) {
                    copied(name + ", cluster " + i, at, at & OFFSET);
                }
            } else if ((at & ~(COPIED | 1)) != 0) { // bit 63 means nothing where there is no cluster
                wrong(name + ", entry " + i + " is " + Long.toHexString(at));
            }
        }
    }

    private void copied(String name, long entry, long place) {
        if ((entry & COPIED) != 0 != (refcount(place >>> bits) == 1)) {
            wrong(name + ": bit 63 of " + Long.toHexString(entry) + ", and a refcount of " + refcount(place >>> bits));
        }
    }

    /** The last cluster may lie in the file in part. */
    private boolean refer(String name, long at, long length) {
        if ((length == cluster && at % cluster != 0) || at < 0 || at + length - file.length >= cluster) {
            wrong(name + " lies at " + at + ", in a file of " + file.length + " bytes");
            return false;
        }
        for (long i = at >>> bits; i <= at + Math.max(1, length) - 1 >>> bits; i++) {
            references[(int) i]++;
        }
        return true;
    }

    private long word(long at) {
        return at + 8 <= file.length ? bytes.getLong((int) at) : 0;
    }

    private long refcount(long index) {
        long perBlock = 1L << bits + 3 - order;
        long block = index / perBlock * 8 < (long) bytes.getInt(56) << bits
                ? word(bytes.getLong(48) + index / perBlock * 8)
                : 0;
        if (block == 0) {
            return 0;
        }
        long bit = index % perBlock << order;
        long at = block + bit / 8;
        if (order <= 3) {
            long one = at < file.length ? file[(int) at] & 0xff : 0;
            return one >>> bit % 8 & (1L << (1 << order)) - 1;
        }
        long found = 0;
        for (int i = 0; i < (1 << order) / 8; i++) {
            found = found << 8 | (at + i < file.length ? file[(int) at + i] & 0xff : 0);
        }
        return found;
    }

    /**
     * What a guest sees.
     *
     * @param backing what shows where nothing is allocated; it may be shorter
     */
    byte[] disk(byte[] backing) {
        byte[] disk = Arrays.copyOf(backing, size());
        for (int at = 0; at < disk.length; at += cluster) {
            long table = word(l1At + 8L * (at >>> 2 * bits - 3)) & OFFSET;
            if (table != 0) {
                fill(disk, at, word(table + 8L * (at >>> bits & (cluster >>> 3) - 1)));
            }
        }
        return disk;
    }

    private void fill(byte[] disk, int at, long entry) {
        int length = Math.min(cluster, disk.length - at);
        if ((entry & COMPRESSED) != 0) {
            System.arraycopy(inflated(entry), 0, disk, at, length);
        } else if ((entry & 1) != 0) {
            if (version == 2) {
                throw new LabException("byte " + at + " of the disk is a zero cluster, in an image of version 2");
            }
            Arrays.fill(disk, at, at + length, (byte) 0);
        } else if ((entry & OFFSET) != 0) {
            int from = (int) Math.min(entry & OFFSET, file.length);
            int there = Math.min(length, file.length - from);
            System.arraycopy(file, from, disk, at, there);
            Arrays.fill(disk, at + there, at + length, (byte) 0);
        }
    }

    private byte[] inflated(long entry) {
        int offsetBits = 62 - (bits - 8);
        int begin = (int) (entry & (1L << offsetBits) - 1);
        long sectors = (entry & COMPRESSED - 1) >>> offsetBits;
        int end = (int) Math.min(file.length, (begin / SECTOR + sectors + 1) * SECTOR);
        byte[] from = Arrays.copyOfRange(file, begin, end);
        byte[] into = new byte[cluster];
        try (Inflater inflater = new Inflater(true)) {
            if (zstd) {
                Zstd.decompressByteArray(into, 0, cluster, from, 0, (int) Zstd.findFrameCompressedSize(from));
            } else {
                inflater.setInput(from);
                inflater.inflate(into);
            }
        } catch (DataFormatException | ZstdException e) {
            Arrays.fill(into, (byte) 0xee);
        }
        return into;
    }
}
