// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/** Bits of the header's feature fields (qcow2.txt, "Header"). */
final class Feature {
    /** Incompatible: refcounts may be wrong. */
    static final long DIRTY = 1;

    /** Incompatible: any table may be wrong. */
    static final long CORRUPT = 1 << 1;

    /** Incompatible: guest clusters lie in another file. */
    static final long EXTERNAL_DATA = 1 << 2;

    /** Incompatible: compressed clusters are not zlib's. */
    static final long COMPRESSION = 1 << 3;

    /** Incompatible: L2 entries of 16 bytes, with subclusters. */
    static final long EXTENDED_L2 = 1 << 4;

    /** All incompatible bits whose meaning is known here. */
    static final long KNOWN = DIRTY | CORRUPT | EXTERNAL_DATA | COMPRESSION | EXTENDED_L2;

    /** Compatible: who writes to it may put off keeping the refcounts, and set the dirty bit meanwhile. */
    static final long LAZY_REFCOUNTS = 1;

    /** Autoclear: the bitmaps agree with the content. */
    static final long BITMAPS = 1;

    /** Autoclear: the external data file is a raw image by itself. */
    static final long RAW_EXTERNAL = 1 << 1;

    private Feature() {}
}
