// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import io.tidemark.disk.Request;

/** A request that the throttle has passed on. */
record Passed(long time, int loop, int number, Request.Kind kind, long bytes) {
    /** What it counts for the limit. */
    long amount(LimitKind limit) {
        if (kind == Request.Kind.FLUSH || !(kind == Request.Kind.READ ? limit.countsReads() : limit.countsWrites())) {
            return 0;
        }
        boolean data = kind == Request.Kind.READ || kind == Request.Kind.WRITE;
        return !limit.countsBytes() ? 1 : data ? bytes : 0;
    }
}
