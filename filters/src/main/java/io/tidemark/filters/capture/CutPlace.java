// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.disk.change.ChangeLog;
import io.tidemark.filters.FilterException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * One disk's part of a {@link CutPoint}. By its capture thread.
 *
 * @param disk which of the cut's disks
 * @param crowded whether so much lies between the guest and the log that nothing may be waited for
 * @param answer the mark
 */
record CutPlace(CutPoint point, int disk, BooleanSupplier crowded, CompletableFuture<Mark> answer) {
    private static final long LOOK_NANOS = 20_000;

    /** Whether what is stamped with this time lies behind it. */
    boolean isBefore(long time) {
        return time > point.time();
    }

    /** The history names its present state if all others do. Waits for them, but not for long. */
    void stand(ChangeLog log, Runnable meanwhile) {
        point.arrive(disk);
        while (!point.outcome().isDone()) {
            if (point.isOver() || crowded.getAsBoolean()) {
                point.refuseForMissing();
            }
            meanwhile.run();
            LockSupport.parkNanos(this, LOOK_NANOS);
        }
        if (point.outcome().isCompletedExceptionally()) {
            answerRefused();
            return;
        }
        try {
            answer.complete(Mark.set(log, point.time(), point.name()));
        } catch (RuntimeException | Error e) {
            answer.completeExceptionally(e);
            throw e;
        }
    }

    /** This history can't name the state that it is to name. */
    void refuse(FilterException why) {
        point.refuse(why);
        answerRefused();
    }

    private void answerRefused() {
        answer.completeExceptionally(point.outcome().exceptionNow());
    }
}
