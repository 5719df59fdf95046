// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.format;

/** One fixed-size record of the metadata volume (store-format.md, "Slot"). Offsets of its fields in bytes. */
public final class Slot {
    public static final int KIND = 0;
    public static final int FLAGS = 1;
    public static final int CHECKSUM = 4;
    public static final int TIME = 8;
    public static final int NUMBER = 16;
    public static final int OFFSET = 24;
    public static final int LENGTH = 32;
    public static final int SEGMENT = 40;
    public static final int IN_BLOCK = 44;
    public static final int BLOCK = 48;
    public static final int SIZE = 56;

    /** A name's bytes in a {@link Kind#NAME} slot: from here to its end. */
    public static final int NAME = 1;

    public static final int NAME_BYTES = SIZE - NAME;

    /** In FLAGS of a WRITE: more parts of the same write follow. */
    public static final byte MORE = 1;

    /** In LENGTH of a GAP_BEGIN: only a part of the disk is read before the gap ends. */
    public static final long PART = 1;

    private Slot() {}
}
