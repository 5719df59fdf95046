// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

/**
 * When changes were numbered, roughly: so that it can be told how old those are that are not durable yet. The capture thread
 * writes, anybody reads.
 *
 * <p>One change in some milliseconds is noted. When there is no more room, every second one is forgotten, and they are noted half
 * as often: so the memory stays, and the error stays a small share of the time that is noted.
 */
final class WriteTimes {
    private static final int PLACES = 1024;
    private static final long FIRST_SPACING = 10_000;

    private final long[] numbers = new long[PLACES];
    private final long[] times = new long[PLACES];
    private int count;

    /** In microseconds. */
    private long spacing = FIRST_SPACING;

    /** Changed under the lock, looked at without it. */
    private volatile long nextTime = Long.MIN_VALUE;

    private long durable;

    /** A change is about to get this number; numbers and times ascend. */
    void note(long number, long time) {
        if (time >= nextTime) {
            add(number, time);
        }
    }

    private synchronized void add(long number, long time) {
        forgetDurable();
        if (count == PLACES) {
            thinOut();
        }
        numbers[count] = number;
        times[count++] = time;
        nextTime = time + spacing;
    }

    private void forgetDurable() {
        int gone = 0;
        // The last one before the first that isn't durable stays: changes behind it were not noted.
        while (gone + 1 < count && numbers[gone + 1] <= durable) {
            gone++;
        }
        if (gone > 0) {
            count -= gone;
            System.arraycopy(numbers, gone, numbers, 0, count);
            System.arraycopy(times, gone, times, 0, count);
        }
    }

    private void thinOut() {
        count = PLACES / 2;
        for (int i = 0; i < count; i++) {
            numbers[i] = numbers[2 * i];
            times[i] = times[2 * i];
        }
        spacing *= 2;
    }

    /**
     * When the first change behind this number was made, or shortly before; -1 if there is none.
     *
     * @param reached never less than at a call before
     * @param last the last number given
     */
    synchronized long timeBehind(long reached, long last) {
        durable = reached;
        if (last <= reached) {
            count = 0;
            spacing = FIRST_SPACING;
            nextTime = Long.MIN_VALUE;
        }
        if (count == 0) {
            return -1;
        }
        int at = 0;
        while (at + 1 < count && numbers[at + 1] <= reached + 1) {
            at++;
        }
        return times[at];
    }
}
