// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import io.tidemark.integration.frontend.Handshake;
import io.tidemark.integration.frontend.Machine;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;

/**
 * Reads, writes of 4 to 64 KiB, flushes, discards and write-zeroes on all rings of a machine at once, from now until
 * {@link #finish}, on a disk that holds zeros. Each ring has its own part of the disk, where it knows what every block must
 * hold; each read is checked, and at last the whole disk. A backend may die and another take over: nothing is sent again.
 */
public final class RingLoad implements Handshake.Observer, AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<RingLane> lanes = new ArrayList<>();
    private final List<CompletableFuture<Void>> ends = new ArrayList<>();

    /**
     * @param depth requests in flight on each ring
     * @param overlapping whether changes in flight on one ring may overlap; the device must then do these in their order
     */
    public RingLoad(Machine machine, long diskBytes, int depth, boolean overlapping, long seed) {
        int queues = machine.rings().size();
        int blocks = (int) (diskBytes / Block.SIZE / queues);
        for (int q = 0; q < queues; q++) {
            lanes.add(new RingLane(machine, q, new Content((long) q * blocks, blocks), depth, overlapping, seed));
        }
    }

    /** How much memory requests need for their data. */
    public static long bufferBytes(int queues, int depth) {
        return queues * depth * RingRequest.DATA_BYTES;
    }

    public void start() {
        for (RingLane lane : lanes) {
            ends.add(CompletableFuture.runAsync(
                    lane, task -> Thread.ofPlatform().name("driver").start(task)));
        }
    }

    @Override
    public void starting(int ring, int base) {
        lanes.get(ring).expectFrom(base);
    }

    /** Requests that were completed, each once. */
    public long completed() {
        return lanes.stream().mapToLong(RingLane::completed).sum();
    }

    /** Waits until so many more requests are complete. */
    public void awaitMore(long requests) {
        long goal = completed() + requests;
        await("a load that goes on: " + requests + " more requests", () -> completed() >= goal);
    }

    /** Waits for the first request that the last backend has completed. @return when that was seen, by System.nanoTime */
    public long awaitServed() {
        await(
                "a request that the new backend has completed",
                () -> lanes.stream().anyMatch(l -> l.servedAt() != 0));
        return lanes.stream()
                .mapToLong(RingLane::servedAt)
                .filter(at -> at != 0)
                .min()
                .orElseThrow();
    }

    /** Sends nothing more until {@link #goOn}, and waits until all that was sent is complete. */
    public void rest() {
        lanes.forEach(lane -> lane.rest(true));
        await("a load at rest", () -> lanes.stream().allMatch(RingLane::isAtRest));
    }

    public void goOn() {
        lanes.forEach(lane -> lane.rest(false));
    }

    /** Sends nothing more, and waits until all that was sent is complete. */
    public void finish() {
        lanes.forEach(RingLane::finish);
        await("the end of the load", () -> ends.stream().allMatch(CompletableFuture::isDone));
        check();
    }

    /** Throws if any request has failed, was completed twice, or has read what it should not. */
    public void check() {
        for (CompletableFuture<Void> end : ends) {
            if (end.isCompletedExceptionally()) {
                try {
                    end.join();
                } catch (CompletionException e) {
                    throw new LabException("load: " + e.getCause().getMessage(), e.getCause());
                }
            }
        }
    }

    /** Throws unless every block of the image holds its last change. After {@link #finish}. */
    public void checkDisk(Path image) {
        try (Arena arena = Arena.ofConfined();
                FileChannel file = FileChannel.open(image, StandardOpenOption.READ)) {
            MemorySegment disk = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena);
            lanes.forEach(lane -> lane.content().check(disk));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void await(String what, BooleanSupplier condition) {
        Await.until(what, PATIENCE, () -> {
            check();
            return condition.getAsBoolean();
        });
    }

    /** Ends the drivers, whatever is in flight. */
    @Override
    public void close() {
        lanes.forEach(RingLane::giveUp);
        Await.until("the end of the drivers", PATIENCE, () -> ends.stream().allMatch(CompletableFuture::isDone));
    }
}
