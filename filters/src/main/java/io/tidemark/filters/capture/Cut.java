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
 * <p>It is a moment of the clock that stamps all changes. Their histories hear of it beforehand, and have the mark behind the last
 * change that isn't later. No request waits for it. See docs/history.md, "A cut over all disks". One cut at a time may be made of
 * a disk.
 *
 * @param time of all marks, in microseconds since 1970
 * @param marks in the order of the disks
 */
public record Cut(long time, List<Mark> marks) {
    /** How long before its moment a cut is announced, at first. */
    private static final long LEAD_MICROS = 500;

    private static final long LONGEST_LEAD_MICROS = 16_000;

    /** How long histories wait for each other; one that gets crowded by that waits no longer. */
    private static final Duration WAIT = Duration.ofMillis(100);

    /** How long a mark may take to its history behind the guests' backs. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final long LOOK_NANOS = 50_000;

    /**
     * @param patience for how long it is tried again while a history is too far behind
     * @throws FilterException naming the disk that has kept it from being made, because its history is in a gap or too far
     *     behind: then no history has the mark; or because the mark can't be written: then others may have it
     */
    public static Cut make(String name, List<Capture> disks, WriteClock clock, Duration patience) {
        List<String> ids = disks.stream().map(Capture::disk).toList();
        long end = System.nanoTime() + patience.toNanos();
        for (long lead = LEAD_MICROS; ; lead = Math.min(2 * lead, LONGEST_LEAD_MICROS)) {
            CutPoint point = new CutPoint(name, clock.micros() + lead, ids, System.nanoTime() + WAIT.toNanos());
            List<CompletableFuture<Mark>> marks = announce(point, disks);
            // What was stamped before the last history heard of it was stamped before this look.
            if (clock.micros() <= point.time()) {
                point.announced();
                passBy(point, disks, clock);
            } else {
                point.refuse(refused(ids.getFirst(), "the agent does not get the processor in time"));
            }
            if (isSettled(point)) {
                return new Cut(point.time(), answers(disks, marks));
            }
            FilterException why = (FilterException) point.outcome().exceptionNow();
            if (why.code() != FilterException.Code.NO_CUT || System.nanoTime() - end > 0) {
                throw why;
            }
        }
    }

    private static List<CompletableFuture<Mark>> announce(CutPoint point, List<Capture> disks) {
        List<CompletableFuture<Mark>> marks = new ArrayList<>();
        for (int i = 0; i < disks.size(); i++) {
            marks.add(disks.get(i).announce(point, i));
        }
        return marks;
    }

    /** Has an event behind that moment in each ring, for disks that change nothing. */
    private static void passBy(CutPoint point, List<Capture> disks, WriteClock clock) {
        for (long left = 1; left > 0; left = point.time() + 1 - clock.micros()) {
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(left));
        }
        disks.forEach(disk -> disk.passBy(point));
    }

    private static boolean isSettled(CutPoint point) {
        while (!point.outcome().isDone()) {
            if (point.isOver()) {
                point.refuseForMissing();
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return !point.outcome().isCompletedExceptionally();
    }

    private static List<Mark> answers(List<Capture> disks, List<CompletableFuture<Mark>> marks) {
        List<Mark> set = new ArrayList<>();
        for (int i = 0; i < disks.size(); i++) {
            set.add(answer(marks.get(i), disks.get(i).disk()));
        }
        return List.copyOf(set);
    }

    private static Mark answer(CompletableFuture<Mark> answer, String disk) {
        try {
            return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw torn(disk, "its history does not take the mark");
        } catch (ExecutionException e) {
            throw torn(disk, String.valueOf(e.getCause().getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw torn(disk, "interrupted");
        }
    }

    static FilterException refused(String disk, String why) {
        return new FilterException(
                FilterException.Code.NO_CUT,
                "disk " + disk + ": " + why + ": no history has got the mark, the guest goes on; set another one");
    }

    private static FilterException torn(String disk, String why) {
        return new FilterException(
                FilterException.Code.NO_CUT,
                "disk " + disk + ": " + why
                        + ": the mark is not set over all disks, though others may have it; set another one");
    }
}
