// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.layer.ExtentSink;
import java.io.IOException;
import java.util.Arrays;

/**
 * What a stretch of records leaves on the disk, as extents by ascending offset. A sweep over the disk: the records that cover the place
 * where it stands are in a heap, the one that wins on top. In memory are 12 bytes for each record that set content.
 *
 * <p>A sync takes effect right after the write of its position, whatever its place in the log; of two syncs with one position the later
 * wins.
 */
final class NetEffect {
    /** A segment has fewer records than that; a disk fewer sectors than are left for them. */
    private static final int INDEX_BITS = 22;

    private final RecordLog log;
    private final ExtentSink to;
    /** Records by offset: the first sector, then the record. */
    private final long[] starts;

    private final int[] heap;
    private int size;

    private NetEffect(RecordLog log, int records, ExtentSink to) {
        this.log = log;
        this.to = to;
        long[] found = new long[Math.max(1, records)];
        int count = 0;
        for (int i = 0; i < records; i++) {
            if (Kind.isChange(log.kind(i)) || Kind.isSync(log.kind(i))) {
                found[count++] = log.offset(i) / PastView.SECTOR << INDEX_BITS | i;
            }
        }
        starts = Arrays.copyOf(found, count);
        Arrays.sort(starts);
        heap = new int[count];
    }

    /** Gives the effect of the first {@code records} records. */
    static void of(RecordLog log, int records, ExtentSink to) throws IOException {
        new NetEffect(log, records, to).run();
    }

    /** Whether a sync among them takes effect before a write number. */
    static boolean reachesBack(RecordLog log, int records, long before) {
        for (int i = 0; i < records; i++) {
            if (Kind.isSync(log.kind(i)) && log.number(i) < before) {
                return true;
            }
        }
        return false;
    }

    private void run() throws IOException {
        long from = 0;
        for (int next = 0; next < starts.length || size > 0; ) {
            if (size == 0) {
                from = log.offset(record(next));
                push(record(next++));
                continue;
            }
            int winner = heap[0];
            long end = end(winner);
            if (next < starts.length && log.offset(record(next)) < end) {
                int newcomer = record(next++);
                long begin = log.offset(newcomer);
                if (isNewer(newcomer, winner)) {
                    emit(winner, from, begin);
                    from = begin;
                }
                push(newcomer);
                continue;
            }
            emit(winner, from, end);
            from = end;
            while (size > 0 && end(heap[0]) <= from) {
                pop();
            }
        }
    }

    private int record(int start) {
        return (int) (starts[start] & (1 << INDEX_BITS) - 1);
    }

    private long end(int record) {
        return log.offset(record) + log.length(record);
    }

    private void emit(int record, long from, long end) throws IOException {
        if (from >= end) {
            return;
        }
        boolean data = Kind.hasData(log.kind(record));
        long offset = log.offset(record);
        to.add(
                from,
                end - from,
                log.number(record),
                data ? log.segment(record) : 0,
                data ? log.block(record) : 0,
                data ? log.inBlock(record) + (int) (from - offset) : 0,
                data && from == offset && end == end(record),
                data ? log.checksum(record) : 0);
    }

    private boolean isNewer(int one, int other) {
        long a = log.number(one);
        long b = log.number(other);
        if (a != b) {
            return a > b;
        }
        boolean sync = Kind.isSync(log.kind(one));
        return sync == Kind.isSync(log.kind(other)) ? one > other : sync;
    }

    private void push(int record) {
        int at = size++;
        while (at > 0 && isNewer(record, heap[(at - 1) / 2])) {
            heap[at] = heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        heap[at] = record;
    }

    private void pop() {
        int last = heap[--size];
        int at = 0;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && isNewer(heap[child + 1], heap[child])) {
                child++;
            }
            if (!isNewer(heap[child], last)) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = last;
    }
}
