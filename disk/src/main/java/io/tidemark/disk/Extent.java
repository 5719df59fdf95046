// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

/**
 * A stretch of an image that is all of one sort.
 *
 * @param offset where it begins, in bytes
 * @param length how long it is, in bytes; at least 1
 * @param sort what lies there
 */
public record Extent(long offset, long length, Sort sort) {
    /** What an extent holds. */
    public enum Sort {
        /** Bytes that must be read. */
        DATA,
        /** Allocated, and reads as zeros. */
        ZERO,
        /** Not allocated; reads as zeros. */
        HOLE
    }

    public long end() {
        return offset + length;
    }

    public boolean isData() {
        return sort == Sort.DATA;
    }
}
