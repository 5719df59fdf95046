// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Filter;
import io.tidemark.filters.FakeDisk;
import io.tidemark.filters.MemoryLog;
import io.tidemark.filters.capture.CaptureLimits;
import io.tidemark.filters.capture.WriteClock;
import java.lang.foreign.MemorySegment;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A fake disk under protection, with histories in memory; each opening continues from what the last one held. */
final class ProtectedDisk implements AutoCloseable {
    static final int CAPACITY = 6 << 20;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(40);

    final FakeDisk disk;
    final List<MemoryLog> logs = new CopyOnWriteArrayList<>();
    final Protection protection;
    volatile List<Filter> filters = List.of();
    /** What whoever reads what a history held waits for. */
    volatile CountDownLatch priorAnswers = new CountDownLatch(0);

    private final Consumer<String> beforeCall;

    ProtectedDisk(
            int queues, long seed, UnaryOperator<BlockDevice> between, CaptureLimits limits, Consumer<String> before) {
        this.disk = new FakeDisk(CAPACITY, queues, 16, seed, between);
        this.beforeCall = before;
        this.protection = new Protection(
                "vda",
                wanted -> {
                    filters = wanted;
                    return disk.filters(wanted);
                },
                disk,
                this::open,
                new WriteClock(System::nanoTime, Clock.systemUTC()),
                new ProtectionLimits(limits, Duration.ofMillis(50), Duration.ofMillis(1), Duration.ofMillis(100)));
    }

    private OpenLog open() {
        if (logs.isEmpty()) {
            MemoryLog log = new MemoryLog(new byte[CAPACITY], beforeCall);
            logs.add(log);
            return new OpenLog(log, Optional.empty(), true, () -> {});
        }
        byte[] base = logs.getLast().replay(logs.getLast().position());
        MemoryLog log = new MemoryLog(base, beforeCall);
        logs.add(log);
        PriorContent prior = (offset, into) -> {
            awaitPrior();
            MemorySegment.copy(MemorySegment.ofArray(base), offset, into, 0, into.byteSize());
            return true;
        };
        return new OpenLog(log, Optional.of(prior), false, () -> {});
    }

    private void awaitPrior() {
        try {
            priorAnswers.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    MemoryLog log() {
        return logs.getLast();
    }

    void await(ProtectionState state) {
        await(() -> protection.status().state() == state);
    }

    void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within patience: " + protection.status());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    @Override
    public void close() throws InterruptedException {
        protection.close();
        disk.close();
    }
}
