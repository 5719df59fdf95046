// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

/** What of a disk can be limited. A request goes by all limits that it counts for; flushes count for none. */
public enum LimitKind {
    /** Requests of all kinds. */
    IOPS("iops", false, true, true),
    IOPS_READ("iops-read", false, true, false),
    /** Writes, discards and write-zeroes. */
    IOPS_WRITE("iops-write", false, false, true),
    /** Bytes read and written, each second. Discards and write-zeroes move none. */
    BPS("bps", true, true, true),
    BPS_READ("bps-read", true, true, false),
    BPS_WRITE("bps-write", true, false, true);

    /** More of either means no limit to any device there is. */
    private static final long MOST_REQUESTS = 10_000_000;

    private static final long MOST_BYTES = 1_000_000_000_000L;

    private final String key;
    private final boolean bytes;
    private final boolean reads;
    private final boolean writes;

    LimitKind(String key, boolean bytes, boolean reads, boolean writes) {
        this.key = key;
        this.bytes = bytes;
        this.reads = reads;
        this.writes = writes;
    }

    /** How users name it. */
    public String key() {
        return key;
    }

    /** Whether it counts bytes, not requests. */
    public boolean countsBytes() {
        return bytes;
    }

    boolean countsReads() {
        return reads;
    }

    boolean countsWrites() {
        return writes;
    }

    long highestRate() {
        return bytes ? MOST_BYTES : MOST_REQUESTS;
    }
}
