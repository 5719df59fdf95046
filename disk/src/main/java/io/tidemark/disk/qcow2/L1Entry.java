// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/** An entry of the L1 table, in 64 bits (qcow2.txt, "Cluster mapping"). */
final class L1Entry {
    /** Where the L2 table lies; 0 where there is none. */
    static final long OFFSET = 0x00ff_ffff_ffff_fe00L;

    /** The table's only reference is this one, so it may be written in place. */
    static final long COPIED = 1L << 63;

    /** Bits that are 0. */
    static final long RESERVED = 0x7f00_0000_0000_01ffL;

    private L1Entry() {}

    static long offset(long entry) {
        return entry & OFFSET;
    }
}
