// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.format.Kind;
import java.util.Arrays;

/**
 * Gives the records of a state that set content, the one that wins first. A sync takes effect right after the write of its
 * position, whatever its place in the log; of two syncs with one position the later wins.
 */
final class NewestFirst {
    private final RecordLog log;
    private final int[] syncs;
    private int sync;
    private int change;

    NewestFirst(RecordLog log, int records) {
        this.log = log;
        this.change = records;
        this.syncs = syncs(log, records);
        this.sync = syncs.length;
    }

    /** @return the next record, or -1 */
    int next() {
        do {
            change--;
        } while (change >= 0 && !Kind.isChange(log.kind(change)));
        if (sync > 0 && (change < 0 || log.number(syncs[sync - 1]) >= log.number(change))) {
            change++;
            return syncs[--sync];
        }
        return change;
    }

    private static int[] syncs(RecordLog log, int records) {
        int[] found = new int[64];
        int count = 0;
        boolean sorted = true;
        for (int i = 0; i < records; i++) {
            if (Kind.isSync(log.kind(i))) {
                if (count == found.length) {
                    found = Arrays.copyOf(found, 2 * count);
                }
                sorted &= count == 0 || log.number(found[count - 1]) <= log.number(i);
                found[count++] = i;
            }
        }
        found = Arrays.copyOf(found, count);
        if (!sorted) {
            sort(found, new int[count], 0, count, log);
        }
        return found;
    }

    /** A stable merge sort by position. */
    private static void sort(int[] syncs, int[] scratch, int from, int to, RecordLog log) {
        if (to - from < 2) {
            return;
        }
        int middle = (from + to) >>> 1;
        sort(syncs, scratch, from, middle, log);
        sort(syncs, scratch, middle, to, log);
        System.arraycopy(syncs, from, scratch, from, to - from);
        for (int at = from, left = from, right = middle; at < to; at++) {
            boolean takeLeft = right == to || left < middle && log.number(scratch[left]) <= log.number(scratch[right]);
            syncs[at] = scratch[takeLeft ? left++ : right++];
        }
    }
}
