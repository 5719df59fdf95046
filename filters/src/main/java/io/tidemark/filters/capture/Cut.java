// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.filters.FilterException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * One mark in the histories of several disks, at one moment: whatever had completed to a guest before is in all of them,
 * and nothing that could depend on what isn't.
 *
 * <p>Every loop holds its completions back, recording none of them. When all do, each ring gets the mark, with one time; then
 * they go. See docs/history.md, "A cut over all disks". One cut at a time may be made of a disk.
 *
 * @param time of all marks, in microseconds since 1970
 * @param writes which write each mark names, in the order of the disks
 * @param held for how long completions were held back at the most
 */
public record Cut(long time, List<Long> writes, Duration held) {
    private static final long LOOK_NANOS = 20_000;

    /** How long a mark may take to its history behind the guests' backs, and a loop to say that it goes on. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /**
     * @param limit how long completions may be held back; then the cut is given up
     * @throws FilterException if one of the histories is in a gap, or one of the loops takes too long, or a mark can't be
     *     written; then it is no cut, though histories may have got the mark
     */
    public static Cut make(String name, List<Capture> disks, WriteClock clock, Duration limit) {
        List<CompletableFuture<Long>> marks;
        List<CompletableFuture<Long>> gone;
        long time;
        long end = System.nanoTime() + limit.toNanos();
        try {
            hold(disks, end);
            for (Capture disk : disks) {
                if (!disk.isWhole()) {
                    throw disk.notWhole();
                }
            }
            // Not before anything that is recorded, for all that was stamped before its loop held.
            time = clock.micros();
            marks = mark(name, time, disks, end);
            // What follows is later by the clock as well.
            while (clock.micros() <= time && System.nanoTime() - end < 0) {
                Thread.onSpinWait();
            }
        } finally {
            gone = disks.stream().map(Capture::goOn).toList();
        }
        List<Long> writes = new ArrayList<>();
        for (int i = 0; i < disks.size(); i++) {
            writes.add(answer(marks.get(i), disks.get(i)));
        }
        long held = 0;
        for (int i = 0; i < disks.size(); i++) {
            held = Math.max(held, answer(gone.get(i), disks.get(i)));
        }
        return new Cut(time, List.copyOf(writes), Duration.ofNanos(held));
    }

    private static void hold(List<Capture> disks, long end) {
        List<CompletableFuture<Void>> holding =
                disks.stream().map(Capture::hold).toList();
        for (int i = 0; i < disks.size(); i++) {
            try {
                holding.get(i).get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                throw tooSlow(disks.get(i), "a queue of it does not answer in time");
            } catch (ExecutionException e) {
                throw tooSlow(disks.get(i), "a queue of it has ended");
            } catch (InterruptedException e) {
                throw interrupted(disks.get(i));
            }
        }
    }

    private static List<CompletableFuture<Long>> mark(String name, long time, List<Capture> disks, long end) {
        List<CompletableFuture<Long>> marks = new ArrayList<>();
        for (Capture disk : disks) {
            CompletableFuture<Long> mark = disk.markHeld(time, name);
            while (mark == null) {
                if (System.nanoTime() - end > 0) {
                    throw tooSlow(disk, "its history is too far behind");
                }
                LockSupport.parkNanos(LOOK_NANOS);
                mark = disk.markHeld(time, name);
            }
            marks.add(mark);
        }
        return marks;
    }

    private static long answer(CompletableFuture<Long> answer, Capture disk) {
        try {
            return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw tooSlow(disk, "its history does not take the mark");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof FilterException known
                    ? known
                    : tooSlow(disk, e.getCause().toString());
        } catch (InterruptedException e) {
            throw interrupted(disk);
        }
    }

    private static FilterException interrupted(Capture disk) {
        Thread.currentThread().interrupt();
        return tooSlow(disk, "interrupted");
    }

    private static FilterException tooSlow(Capture disk, String why) {
        return new FilterException(
                FilterException.Code.NO_CUT,
                "disk " + disk.disk() + ": " + why
                        + ": no mark over all disks was set, the guest goes on; set another one");
    }
}
