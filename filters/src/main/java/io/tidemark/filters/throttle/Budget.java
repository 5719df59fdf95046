// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import io.tidemark.disk.Request;
import java.util.Arrays;
import java.util.function.Predicate;

/** The limits of a disk at work: one for all its loops. Any thread; {@link #take} allocates nothing. */
final class Budget {
    private final Bucket[] buckets;
    private final Bucket[] reads;
    private final Bucket[] writes;

    private Budget(Bucket[] buckets) {
        this.buckets = buckets;
        this.reads = those(LimitKind::countsReads);
        this.writes = those(LimitKind::countsWrites);
    }

    private Bucket[] those(Predicate<LimitKind> wanted) {
        return Arrays.stream(buckets)
                .filter(bucket -> wanted.test(bucket.kind()))
                .toArray(Bucket[]::new);
    }

    /**
     * New limits. Those that there were before begin as full or empty as they are, without debts; others begin full.
     *
     * @param before null for none
     */
    static Budget of(Limits limits, long now, Budget before) {
        return new Budget(limits.byKind().entrySet().stream()
                .map(entry -> new Bucket(entry.getKey(), entry.getValue(), now, fullAt(before, entry.getKey(), now)))
                .toArray(Bucket[]::new));
    }

    private static long fullAt(Budget before, LimitKind kind, long now) {
        if (before != null) {
            for (Bucket bucket : before.buckets) {
                if (bucket.kind() == kind) {
                    return bucket.fullAt();
                }
            }
        }
        return now;
    }

    /** Takes what the request costs. @return when it may go; not before now */
    long take(Request request, long now) {
        boolean data = request.kind() == Request.Kind.READ || request.kind() == Request.Kind.WRITE;
        long at = now;
        for (Bucket bucket : request.kind() == Request.Kind.READ ? reads : writes) {
            if (!bucket.kind().countsBytes()) {
                at = Math.max(at, bucket.take(1, now));
            } else if (data) {
                at = Math.max(at, bucket.take(request.length(), now));
            }
        }
        return at;
    }
}
