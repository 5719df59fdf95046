// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/**
 * An entry of an L2 table: 64 bits, and with extended L2 entries 64 more for the subclusters (qcow2.txt, "Cluster mapping" and
 * "Extended L2 Entries").
 */
final class L2Entry {
    /** The cluster's only reference is this one, so it may be written in place. */
    static final long COPIED = 1L << 63;

    static final long COMPRESSED = 1L << 62;

    /** Reads as zeros; in version 3, and without subclusters. */
    static final long ZERO = 1;

    private static final long OFFSET = 0x00ff_ffff_ffff_fe00L;

    /** Bits that are 0, of standard clusters. */
    static final long RESERVED = 0x3f00_0000_0000_01feL;

    private static final long DESCRIPTOR = COMPRESSED - 1;
    private static final int SECTOR = 512;

    /** Each cluster has 32 subclusters: two to this. */
    static final int SUBCLUSTER_SHIFT = 5;

    private L2Entry() {}

    /** An entry has two to this many bytes. */
    static int shift(boolean extended) {
        return extended ? 4 : 3;
    }

    static boolean isCompressed(long entry) {
        return (entry & COMPRESSED) != 0;
    }

    static boolean isZero(long entry) {
        return (entry & ZERO) != 0;
    }

    /** Where a standard cluster lies. */
    static long offset(long entry) {
        return entry & OFFSET;
    }

    static boolean isCopied(long entry) {
        return (entry & COPIED) != 0;
    }

    /** Whether the subcluster lies in the image, by the second word. */
    static boolean isAllocated(long subclusters, int subcluster) {
        return (subclusters >>> subcluster & 1) != 0;
    }

    /** Whether the subcluster reads as zeros, by the second word. */
    static boolean isZero(long subclusters, int subcluster) {
        return (subclusters >>> Integer.SIZE + subcluster & 1) != 0;
    }

    /** Where a compressed cluster begins, which may be any byte. */
    static long compressedOffset(long entry, int clusterBits) {
        return entry & (1L << offsetBits(clusterBits)) - 1;
    }

    /** Where the last sector that a compressed cluster may reach into ends. */
    static long compressedEnd(long entry, int clusterBits) {
        long more = (entry & DESCRIPTOR) >>> offsetBits(clusterBits);
        return (compressedOffset(entry, clusterBits) / SECTOR + more + 1) * SECTOR;
    }

    private static int offsetBits(int clusterBits) {
        return 62 - (clusterBits - 8);
    }
}
