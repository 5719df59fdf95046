// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import io.tidemark.cdp.History;

/** A layer file (store-format.md, "Layer"). Offsets in bytes. */
final class LayerFormat {
    /** "TMRKLAYR" */
    static final long MAGIC = 0x5259414c4b524d54L;

    static final int SECTOR = 512;

    static final int PAGE = 16 << 10;
    static final int PAGE_MAGIC = 0;
    static final int PAGE_COUNT = 4;
    static final int PAGE_INDEX = 8;
    static final int ENTRIES = 16;
    static final int PAGE_CHECKSUM = PAGE - 4;
    /** "TMLP" */
    static final int PAGE_MAGIC_VALUE = 0x504c4d54;

    static final int OFFSET = 0;
    /** In sectors. */
    static final int LENGTH = 8;

    static final int SEGMENT = 12;
    static final int BLOCK = 16;
    /** The highest bit says that it is whole. */
    static final int IN_BLOCK = 20;

    static final int NUMBER = 24;
    static final int CHECKSUM = 32;
    static final int ENTRY = 40;
    static final int WHOLE = 1 << 31;
    static final int IN_PAGE = (PAGE_CHECKSUM - ENTRIES) / ENTRY;

    /** The longest extent, in sectors; longer ones are several. */
    static final int MOST_SECTORS = Integer.MAX_VALUE;

    static final int NEED = 12;

    static final int FOOTER_MAGIC = 0;
    static final int KIND = 4;
    static final int PAGES = 8;
    static final int GRANULE_SHIFT = 12;
    static final int EXTENTS = 16;
    static final int FROM = 24;
    static final int TO = 32;
    static final int LAST_NUMBER = 40;
    static final int LAST_TIME = 48;
    static final int SET_LENGTH = 56;
    static final int NEEDS = 60;
    static final int INDEX_CHECKSUM = 64;
    static final int SET_CHECKSUM = 68;
    static final int NEEDS_CHECKSUM = 72;
    static final int FOOTER_CHECKSUM = 124;
    static final int FOOTER = 128;
    /** "TMLF" */
    static final int FOOTER_MAGIC_VALUE = 0x464c4d54;

    /** What a set of granules takes at most. */
    static final int LONGEST_SET = 1 << 20;

    private static final int SMALLEST_SHIFT = 16;
    private static final int MOST_GRANULES = 1 << 21;

    private LayerFormat() {}

    static String name(int file) {
        return History.segmentName(file);
    }

    /** A granule has 64 KiB, and more where a disk would have more than two million of them: so a set takes 256 KiB at most. */
    static int granuleShift(long capacity) {
        int shift = SMALLEST_SHIFT;
        while (capacity >>> shift > MOST_GRANULES) {
            shift++;
        }
        return shift;
    }
}
