// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Request;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** A loop's piece of {@link Throttle}. Reads wait behind reads, changes behind changes. */
final class LoopThrottle implements BlockDevice {
    private static final long NEVER = Long.MAX_VALUE;
    private static final VarHandle WAITING = counter("waiting");
    private static final VarHandle DELAYED = counter("delayed");

    private final LongSupplier clock;
    private final LongConsumer alarm;
    private final WaitingRequests reads;
    private final WaitingRequests changes;
    private BlockDevice below;
    private Budget budget;
    private long alarmAt = NEVER;

    // Written by the loop alone, read by anybody, a little late.
    private long waiting;
    private long delayed;

    private static VarHandle counter(String name) {
        try {
            return MethodHandles.lookup().findVarHandle(LoopThrottle.class, name, long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** @param alarms makes the loop's alarm clock; it is told what to do when it rings */
    LoopThrottle(int requests, LongSupplier clock, Alarms alarms) {
        this.clock = clock;
        this.reads = new WaitingRequests(requests);
        this.changes = new WaitingRequests(requests);
        this.alarm = alarms.alarm(this::rung);
    }

    /** Makes an alarm that rings so many nanoseconds after it was set last. */
    @FunctionalInterface
    interface Alarms {
        LongConsumer alarm(Runnable rung);
    }

    void below(BlockDevice device) {
        below = device;
    }

    /** Requests that wait now. Any thread. */
    long waiting() {
        return (long) WAITING.getOpaque(this);
    }

    /** Requests that have had to wait. Any thread. */
    long delayed() {
        return (long) DELAYED.getOpaque(this);
    }

    @Override
    public void submit(Request request) {
        if (budget == null || request.kind() == Request.Kind.FLUSH) {
            // A flush covers what was complete before it: it owes nothing to what waits here.
            below.submit(request);
        } else {
            limited(request);
        }
    }

    private void limited(Request request) {
        WaitingRequests lane = request.kind() == Request.Kind.READ ? reads : changes;
        if (lane.isEmpty()) {
            long now = clock.getAsLong();
            long due = budget.take(request, now);
            if (due <= now) {
                below.submit(request);
                return;
            }
            lane.due = due;
            wakeAt(due, now);
        }
        lane.add(request);
        DELAYED.setOpaque(this, delayed + 1);
        WAITING.setOpaque(this, waiting + 1);
    }

    private void rung() {
        alarmAt = NEVER;
        passOn(clock.getAsLong());
    }

    private void passOn(long now) {
        long next = Math.min(passOn(reads, now), passOn(changes, now));
        if (next != NEVER) {
            wakeAt(next, now);
        }
    }

    /** @return when it is the next one's turn */
    private long passOn(WaitingRequests lane, long now) {
        while (!lane.isEmpty() && lane.due <= now) {
            Request request = remove(lane);
            if (!lane.isEmpty()) {
                lane.due = budget.take(lane.first(), now);
            }
            below.submit(request);
        }
        return lane.isEmpty() ? NEVER : lane.due;
    }

    private Request remove(WaitingRequests lane) {
        WAITING.setOpaque(this, waiting - 1);
        return lane.remove();
    }

    private void wakeAt(long time, long now) {
        if (time < alarmAt) {
            alarmAt = time;
            alarm.accept(time - now);
        }
    }

    /** Goes by another budget from here on, also for what waits. @param fresh null for no limits */
    void budget(Budget fresh) {
        budget = fresh;
        if (fresh == null) {
            letGo();
            return;
        }
        long now = clock.getAsLong();
        takeAnew(reads, now);
        takeAnew(changes, now);
        alarmAt = NEVER;
        passOn(now);
    }

    private void takeAnew(WaitingRequests lane, long now) {
        if (!lane.isEmpty()) {
            lane.due = budget.take(lane.first(), now);
        }
    }

    /** What waits goes now, and is paid for by what comes later: who resets a device again and again gains nothing. */
    @Override
    public void letGo() {
        letGo(reads);
        letGo(changes);
    }

    private void letGo(WaitingRequests lane) {
        long now = lane.isEmpty() ? 0 : clock.getAsLong();
        boolean paid = true;
        while (!lane.isEmpty()) {
            Request request = remove(lane);
            if (!paid && budget != null) {
                budget.take(request, now);
            }
            paid = false;
            below.submit(request);
        }
    }
}
