// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Filter;
import io.tidemark.disk.MemoryImage;
import io.tidemark.filters.protect.DiskReader;
import io.tidemark.filters.protect.FilterSwitch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** An image in memory behind several queues, whose guest keeps changing the memory that it writes from. */
public final class FakeDisk implements FilterSwitch, DiskReader, AutoCloseable {
    private final MemoryImage image;
    private final List<FakeQueue> queues = new ArrayList<>();
    private final Thread scribbler;
    private volatile boolean closed;

    public FakeDisk(long capacity, int queueCount, int depth, long seed, UnaryOperator<BlockDevice> between) {
        this.image = MemoryImage.reordering(capacity, seed);
        for (int i = 0; i < queueCount; i++) {
            queues.add(new FakeQueue("q" + i, depth, seed * 31 + i, image, between));
        }
        this.scribbler = Thread.ofPlatform().daemon().name("scribbler").start(() -> scribble(new Random(seed)));
    }

    private void scribble(Random random) {
        while (!closed) {
            MemorySegment source = queues.get(random.nextInt(queues.size())).source();
            for (int i = 0; i < 50; i++) {
                source.set(ValueLayout.JAVA_LONG, random.nextLong(source.byteSize() / 8) * 8, random.nextLong());
            }
            Thread.yield();
        }
    }

    public MemoryImage image() {
        return image;
    }

    public List<FakeQueue> queues() {
        return queues;
    }

    /** Sends requests on all queues; answers when all are complete. */
    public CompletableFuture<Void> send(int perQueue) {
        return CompletableFuture.allOf(
                queues.stream().map(queue -> queue.send(perQueue)).toArray(CompletableFuture[]::new));
    }

    public void sendAndWait(int perQueue) throws Exception {
        send(perQueue).get(60, TimeUnit.SECONDS);
    }

    @Override
    public CompletableFuture<Void> filters(List<Filter> filters) {
        return CompletableFuture.allOf(
                queues.stream().map(queue -> queue.filters(filters)).toArray(CompletableFuture[]::new));
    }

    @Override
    public long capacity() {
        return image.geometry().capacity();
    }

    @Override
    public Extent extentAt(long offset) {
        return image.extentAt(offset);
    }

    @Override
    public void read(long offset, MemorySegment into) {
        MemorySegment.copy(image.content(), offset, into, 0, into.byteSize());
    }

    @Override
    public void flush() {}

    @Override
    public void close() throws InterruptedException {
        closed = true;
        scribbler.join();
        queues.forEach(FakeQueue::close);
    }
}
