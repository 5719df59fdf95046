// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

/**
 * A record that set content of the disk.
 *
 * @param number the write number; of what was read in a gap, the write that it follows
 * @param time microseconds since 1970
 * @param offset of all of it, in bytes
 * @param length of all of it, in bytes
 */
public record Touch(long number, long time, Sort sort, long offset, long length) {
    /** How it came about. */
    public enum Sort {
        /** The guest wrote it. */
        WRITE,
        /** The guest wrote zeros. */
        ZERO,
        DISCARD,
        /** It was read from the disk, to begin the history or to end a gap. */
        READ,
        /** Likewise, and was zeros. */
        READ_ZERO
    }
}
