// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.block;

import io.tidemark.cdp.History;

/** Fields of a packed segment behind its blocks (store-format.md, "Packed segment"). Offsets in bytes. */
final class PackedFormat {
    /** "TMRKPACK" */
    static final long MAGIC = 0x4b4341504b524d54L;

    /** An entry: where the block began in the segment as it was written. */
    static final int FROM = 0;
    /** Where the packed block begins that holds its content now. */
    static final int BLOCK = 4;
    /** Where its content begins in the unpacked packed block. */
    static final int IN_BLOCK = 8;

    static final int LENGTH = 12;
    static final int ENTRY = 16;

    static final int FOOTER_MAGIC = 0;
    static final int COUNT = 4;
    static final int TABLE = 8;
    static final int TABLE_CHECKSUM = 16;
    static final int FOOTER_CHECKSUM = 28;
    static final int FOOTER = 32;

    /** "TMPF" */
    static final int FOOTER_MAGIC_VALUE = 0x46504d54;

    private PackedFormat() {}

    /** The name of a generation of a segment. */
    static String name(int segment, int generation) {
        return History.segmentName(segment) + "." + generation;
    }
}
