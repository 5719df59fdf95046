// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.format;

/** What a slot records. The codes are part of the format. */
public final class Kind {
    public static final byte WRITE = 1;
    public static final byte ZERO = 2;
    public static final byte DISCARD = 3;
    public static final byte FLUSH = 4;
    public static final byte MARK = 5;
    /** Goes on with the name of the MARK before it. */
    public static final byte NAME = 6;

    public static final byte GAP_BEGIN = 7;
    public static final byte SYNC_DATA = 8;
    public static final byte SYNC_ZERO = 9;
    public static final byte GAP_END = 10;
    public static final byte CLEAN_END = 11;

    private Kind() {}

    public static boolean isChange(byte kind) {
        return kind >= WRITE && kind <= DISCARD;
    }

    public static boolean isSync(byte kind) {
        return kind == SYNC_DATA || kind == SYNC_ZERO;
    }

    /** Whether the slot has a place in the data volume. */
    public static boolean hasData(byte kind) {
        return kind == WRITE || kind == SYNC_DATA;
    }

    public static boolean isKnown(byte kind) {
        return kind >= WRITE && kind <= CLEAN_END;
    }
}
