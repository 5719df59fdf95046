// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import io.tidemark.vhost.handover.SaidAgain;
import io.tidemark.vhost.memory.DirtyLog;
import io.tidemark.vhost.memory.GuestMemory;
import io.tidemark.vhost.queue.QueueControl;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All the rings of a disk. */
final class Rings {
    private static final Logger LOG = LoggerFactory.getLogger(Rings.class);

    private final List<Ring> rings = new ArrayList<>();

    Rings(String disk, List<QueueControl> queues) {
        for (int i = 0; i < queues.size(); i++) {
            rings.add(new Ring("disk " + disk + ", queue " + i, queues.get(i)));
        }
    }

    int count() {
        return rings.size();
    }

    Ring get(int index) {
        if (index < 0 || index >= rings.size()) {
            throw new VhostException(
                    Code.BAD_REQUEST,
                    "there is no ring " + Integer.toUnsignedString(index) + ": the disk has " + rings.size()
                            + "; give QEMU no larger num-queues");
        }
        return rings.get(index);
    }

    boolean anyStarted() {
        return countStarted() > 0;
    }

    long countStarted() {
        return rings.stream().filter(Ring::started).count();
    }

    /**
     * Marks what all the rings' queues write; null to mark nothing.
     *
     * @return false when a former log may still be in use, which is logged
     */
    boolean log(DirtyLog log) {
        List<CompletableFuture<Void>> told =
                rings.stream().map(ring -> ring.log(log)).toList();
        boolean free = true;
        for (int index = 0; index < rings.size(); index++) {
            try {
                rings.get(index).awaitLog(told.get(index));
            } catch (VhostException e) {
                LOG.error("{}", e.getMessage(), e);
                free = false;
            }
        }
        return free;
    }

    void disableAll() {
        rings.forEach(ring -> ring.enable(false));
    }

    /** Stops all rings, draining them side by side; each failure is logged. */
    void stopAll() {
        List<CompletableFuture<Integer>> stopping = new ArrayList<>();
        for (Ring ring : rings) {
            stopping.add(ring.beginStop());
        }
        for (int i = 0; i < rings.size(); i++) {
            try {
                rings.get(i).finishStop(stopping.get(i));
            } catch (VhostException e) {
                LOG.error("{}", e.getMessage(), e);
            }
        }
    }

    /** What another process needs to have the same rings, stopped. */
    List<SaidAgain> setUp() {
        return IntStream.range(0, rings.size())
                .mapToObj(index -> rings.get(index).setUp(index))
                .flatMap(List::stream)
                .toList();
    }

    /**
     * Stops all rings for a while, draining them side by side.
     *
     * @return what starts them in another process
     * @throws VhostException when one can't be stopped; the others are
     */
    List<SaidAgain> pause() {
        List<CompletableFuture<Integer>> stopping =
                rings.stream().map(Ring::beginPause).toList();
        List<SaidAgain> starts = new ArrayList<>();
        VhostException failure = null;
        for (int index = 0; index < rings.size(); index++) {
            try {
                rings.get(index).finishStop(stopping.get(index));
                starts.addAll(rings.get(index).start(index));
            } catch (VhostException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return starts;
    }

    /** Starts the rings again that {@link #pause} has stopped; each failure is logged. */
    void resume(GuestMemory memory, long features, BiFunction<Integer, Integer, MemorySegment> inflight) {
        for (int index = 0; index < rings.size(); index++) {
            int ring = index;
            try {
                rings.get(ring).resume(memory, features, size -> inflight.apply(ring, size));
            } catch (VhostException e) {
                LOG.error("{}", e.getMessage(), e);
            }
        }
    }

    void resetAll() {
        rings.forEach(Ring::reset);
    }
}
