// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.filters.capture.CaptureStatistics;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/** How a disk's protection stands: written by its thread, read by anyone who asks. */
final class Standing {
    private volatile ProtectionState state = ProtectionState.OFF;
    private volatile Instant since = Clock.systemUTC().instant();
    private volatile GapReason gap;
    private volatile String error;
    private volatile long losses;
    private volatile long dirtyBytes;
    private volatile long syncBytes;
    private volatile long remainingBytes;

    ProtectionState state() {
        return state;
    }

    boolean is(ProtectionState which) {
        return state == which;
    }

    void become(ProtectionState next) {
        if (state != next) {
            since = Clock.systemUTC().instant();
            state = next;
        }
    }

    /** Why a gap is open; null if none is. */
    GapReason gap() {
        return gap;
    }

    void gap(GapReason reason) {
        gap = reason;
    }

    /** Why protection failed last; null if it has been whole since. */
    String error() {
        return error;
    }

    void error(String reason) {
        error = reason;
    }

    /** Nothing is wrong any more. */
    void noError() {
        error = null;
    }

    void oneMoreLoss() {
        losses = losses + 1;
    }

    void noLosses() {
        losses = 0;
    }

    /** A sync begins, or may have more to read than it had. */
    void syncing(SyncPlan plan) {
        syncBytes = plan.remaining();
        goneOn(plan);
    }

    /** The sync has read some of its plan. */
    void goneOn(SyncPlan plan) {
        remainingBytes = plan.remaining();
        dirtyBytes = plan.missedBytes();
    }

    /** @param captured, hindrance asked behind the state, so that they are not older than it */
    ProtectionStatus with(Supplier<CaptureStatistics> captured, Supplier<Optional<String>> hindrance) {
        long all = syncBytes;
        return new ProtectionStatus(
                state,
                since,
                Optional.ofNullable(gap),
                captured.get(),
                dirtyBytes,
                all - remainingBytes,
                all,
                losses,
                Optional.ofNullable(error).or(hindrance));
    }
}
