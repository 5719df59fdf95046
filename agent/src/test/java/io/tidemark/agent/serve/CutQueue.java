// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Filter;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.ThreadLoop;
import io.tidemark.filters.PowerImage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** A queue of a guest that writes, zeroes and flushes until its power is cut. Of several queues each has blocks of its own. */
final class CutQueue implements AutoCloseable {
    /** In blocks: 4 MiB. */
    static final int STRETCH = 1024;

    private static final int DEPTH = 8;
    private static final long PACE = 50_000;

    final AtomicLong completed = new AtomicLong();

    private final ThreadLoop loop;
    private final StampedBlocks blocks;
    private final Random random;
    private final int number;
    private final int queues;
    private final boolean[] out = new boolean[DEPTH];
    private volatile int firstBlock;
    private final MemorySegment buffers = Arena.ofAuto().allocate((long) DEPTH * StampedBlocks.BLOCK, 4096);
    private final Request[] requests = new Request[DEPTH];
    private final int[] block = new int[DEPTH];
    private final int[][] acknowledged = new int[DEPTH][];
    private final BlockDevice bottom;
    private BlockDevice way;
    private int inFlight;
    private boolean started;
    private boolean stopped;
    private CompletableFuture<Void> retired;
    private CompletableFuture<Void> drained;

    CutQueue(PowerImage image, StampedBlocks blocks, int number, int queues, long seed) {
        this.loop = new ThreadLoop("cut-q" + number, DEPTH);
        this.blocks = blocks;
        this.random = new Random(seed);
        this.number = number;
        this.queues = queues;
        Arrays.fill(block, -1);
        for (int id = 0; id < DEPTH; id++) {
            requests[id] = new Request(id, new IoVector(1));
        }
        this.bottom = loop.call(() -> image.attach(loop));
        this.way = bottom;
    }

    /** Works on a stretch of the disk from now on. */
    void moveTo(int stretch) {
        firstBlock = stretch * STRETCH;
    }

    void start() {
        loop.execute(() -> {
            started = true;
            issueAll();
        });
    }

    private void issueAll() {
        for (Request request : requests) {
            issue(request);
        }
    }

    /** As a queue loop does it: all is complete that went through the old ones. */
    CompletableFuture<Void> filters(List<Filter> filters) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        loop.execute(() -> {
            BlockDevice head = bottom;
            for (Filter filter : filters.reversed()) {
                head = filter.attach(loop, head);
            }
            way = head;
            retired = answer;
            look();
        });
        return answer;
    }

    /** Sends nothing more; answers when all is complete. */
    CompletableFuture<Void> stop() {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        loop.execute(() -> {
            stopped = true;
            drained = answer;
            look();
        });
        return answer;
    }

    private void look() {
        if (inFlight > 0) {
            return;
        }
        if (retired != null) {
            retired.complete(null);
            retired = null;
            if (started && !stopped) {
                issueAll();
            }
        }
        if (drained != null) {
            drained.complete(null);
        }
    }

    private void issue(Request request) {
        if (stopped || retired != null) {
            look();
            return;
        }
        int id = request.id();
        if (out[id]) {
            return; // begun anew behind a change of filters
        }
        out[id] = true;
        int dice = random.nextInt(100);
        if (dice < 8) {
            acknowledged[id] = blocks.acknowledged();
            request.begin(Request.Kind.FLUSH, 0, 0);
        } else {
            block[id] = freeBlock(id);
            boolean zero = dice < 16;
            int version = blocks.send(block[id], zero);
            long offset = (long) block[id] * StampedBlocks.BLOCK;
            request.begin(zero ? Request.Kind.WRITE_ZEROES : Request.Kind.WRITE, offset, StampedBlocks.BLOCK);
            if (!zero) {
                MemorySegment buffer = buffers.asSlice((long) id * StampedBlocks.BLOCK, StampedBlocks.BLOCK);
                StampedBlocks.fill(buffer, block[id], version);
                request.data().add(buffer.address(), StampedBlocks.BLOCK);
            }
        }
        inFlight++;
        request.onCompletion(this::completed);
        way.submit(request);
    }

    /** One that no other request is changing: a block has one version on its way at the most. */
    private int freeBlock(int id) {
        while (true) {
            int found = (firstBlock + random.nextInt(STRETCH / queues) * queues + number) % blocks.count();
            boolean taken = false;
            for (int other = 0; other < DEPTH; other++) {
                taken |= other != id && block[other] == found;
            }
            if (!taken) {
                return found;
            }
        }
    }

    private void completed(Request request, int status) {
        int id = request.id();
        if (status != 0) {
            throw new AssertionError(request + ": " + status);
        }
        if (request.kind() == Request.Kind.FLUSH) {
            blocks.flushed(acknowledged[id]);
        } else {
            blocks.acknowledge(block[id]);
            block[id] = -1;
        }
        out[id] = false;
        inFlight--;
        completed.incrementAndGet();
        LockSupport.parkNanos(PACE); // a guest that is always too fast for its history is never protected
        loop.execute(() -> issue(request));
    }

    @Override
    public void close() {
        loop.close();
    }
}
