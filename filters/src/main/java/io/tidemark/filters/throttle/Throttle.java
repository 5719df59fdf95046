// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Filter;
import io.tidemark.disk.Loop;
import io.tidemark.disk.uring.RingTimer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/**
 * Holds requests back so that a disk keeps to its limits; see docs/architecture.md, "Throttle". It stays in the way of a disk
 * that has none, where it costs one look. The loops of the disk share one budget and take from it without locks.
 *
 * <p>The methods may be called from any thread, but {@link #attach}, which is the loop's.
 */
public final class Throttle implements Filter {
    private final LongSupplier clock;
    private final Function<Loop, LoopThrottle.Alarms> alarms;
    private final Map<Loop, LoopThrottle> pieces = new ConcurrentHashMap<>();
    private volatile Limits limits = Limits.NONE;
    private volatile Budget budget;

    /** @param limits what the disk may do at first */
    public Throttle(Limits limits) {
        // From 0, so that no sum of times overflows.
        this(limits, sinceNow(System.nanoTime()), loop -> rung -> new RingTimer(loop.ring(), rung)::set);
    }

    Throttle(Limits limits, LongSupplier clock, Function<Loop, LoopThrottle.Alarms> alarms) {
        this.clock = clock;
        this.alarms = alarms;
        limits(limits);
    }

    private static LongSupplier sinceNow(long origin) {
        return () -> System.nanoTime() - origin;
    }

    /** What the disk may do. */
    public Limits limits() {
        return limits;
    }

    /**
     * Lets the disk do so much from now on. What waits goes by the new limits too, or at once if there are none.
     *
     * @return completes when all loops go by them
     */
    public synchronized CompletableFuture<Void> limits(Limits wanted) {
        limits = wanted;
        budget = wanted.isNone() ? null : Budget.of(wanted, clock.getAsLong(), budget);
        return CompletableFuture.allOf(pieces.entrySet().stream()
                .map(entry -> tell(entry.getKey(), entry.getValue()))
                .toArray(CompletableFuture[]::new));
    }

    private CompletableFuture<Void> tell(Loop loop, LoopThrottle piece) {
        CompletableFuture<Void> told = new CompletableFuture<>();
        try {
            loop.execute(() -> {
                try {
                    piece.budget(budget);
                    told.complete(null);
                } catch (RuntimeException | Error e) {
                    told.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            // A loop that has ended limits nothing.
            told.complete(null);
        }
        return told;
    }

    /** A loop keeps its piece when it gets other filters, and what waits in it. */
    @Override
    public BlockDevice attach(Loop loop, BlockDevice below) {
        LoopThrottle piece =
                pieces.computeIfAbsent(loop, owner -> new LoopThrottle(owner.requests(), clock, alarms.apply(owner)));
        piece.below(below);
        // Behind the place in the map: whoever sets limits meanwhile either is seen here or tells this loop.
        piece.budget(budget);
        return piece;
    }

    /** How many requests wait now. */
    public long waiting() {
        return sum(LoopThrottle::waiting);
    }

    /** How many requests have had to wait so far. */
    public long delayed() {
        return sum(LoopThrottle::delayed);
    }

    private long sum(ToLongFunction<LoopThrottle> counter) {
        return pieces.values().stream().mapToLong(counter).sum();
    }
}
