// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Filter;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.ThreadLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** A loop that sends random requests down its filters, several at a time. */
public final class FakeQueue implements AutoCloseable {
    public static final int LARGEST = 64 << 10;

    private final ThreadLoop loop;
    private final long capacity;
    private final Random random;
    private final MemorySegment source;
    private final Queue<Request> free = new ArrayDeque<>();
    private final Chain[] chains;
    private final BlockDevice bottom;
    private Chain chain;
    private int left;
    private CompletableFuture<Void> done;
    private volatile int errors;

    private static final class Chain {
        BlockDevice head;
        int inFlight;
        CompletableFuture<Void> retired;
    }

    public FakeQueue(
            String name, int depth, long seed, io.tidemark.disk.Image image, UnaryOperator<BlockDevice> between) {
        this.loop = new ThreadLoop(name, depth);
        this.capacity = image.geometry().capacity();
        this.random = new Random(seed);
        this.source = Arena.ofAuto().allocate((long) depth * LARGEST, 4096);
        this.chains = new Chain[depth];
        for (int id = 0; id < depth; id++) {
            free.add(new Request(id, new IoVector(4)));
        }
        this.bottom = loop.call(() -> between.apply(image.attach(loop)));
        this.chain = new Chain();
        chain.head = bottom;
    }

    /** The memory that writes come from, for scribbling. */
    public MemorySegment source() {
        return source;
    }

    public ThreadLoop loop() {
        return loop;
    }

    public int errors() {
        return errors;
    }

    /** Sends so many requests; answers when all are complete. */
    public CompletableFuture<Void> send(int requests) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        loop.execute(() -> {
            left = requests;
            done = answer;
            fill();
        });
        return answer;
    }

    /** Sends one change of its own, of bytes that the scribbler changes; answers with its status. No other may be on its way. */
    public CompletableFuture<Integer> change(Request.Kind kind, long offset, long length) {
        CompletableFuture<Integer> answer = new CompletableFuture<>();
        loop.execute(() -> {
            Request request = free.remove();
            request.begin(kind, offset, length);
            if (kind == Request.Kind.WRITE) {
                request.data().add(source.address(), length);
            }
            chains[request.id()] = chain;
            chain.inFlight++;
            request.onCompletion(this::completed);
            request.onCompletion((done, status) -> {
                done.complete(status);
                answer.complete(status);
            });
            chain.head.submit(request);
        });
        return answer;
    }

    public CompletableFuture<Void> filters(List<Filter> filters) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        loop.execute(() -> {
            BlockDevice head = bottom;
            for (Filter filter : filters.reversed()) {
                head = filter.attach(loop, head);
            }
            Chain old = chain;
            chain = new Chain();
            chain.head = head;
            if (old.inFlight == 0) {
                answer.complete(null);
            } else {
                old.retired = answer;
            }
        });
        return answer;
    }

    private void fill() {
        while (left > 0 && !free.isEmpty()) {
            left--;
            issue(free.remove());
        }
    }

    private void issue(Request request) {
        int dice = random.nextInt(100);
        int sectors = 1 + random.nextInt(random.nextBoolean() ? 8 : LARGEST / 512);
        Request.Kind kind = Request.Kind.WRITE;
        if (dice < 10) {
            kind = Request.Kind.READ;
        } else if (dice < 15) {
            kind = Request.Kind.FLUSH;
            sectors = 0;
        } else if (dice < 25) {
            kind = random.nextBoolean() ? Request.Kind.DISCARD : Request.Kind.WRITE_ZEROES;
            if (dice == 15) {
                sectors = (int) (capacity / 512 / 2);
            }
        }
        long span = random.nextInt(4) == 0 ? capacity / 512 : capacity / 512 / 8; // one part of the disk is hot
        long offset = sectors >= span ? 0 : random.nextLong(span - sectors) * 512;
        request.begin(kind, offset, sectors * 512L);
        if (kind == Request.Kind.READ || kind == Request.Kind.WRITE) {
            long at = source.address() + (long) request.id() * LARGEST;
            long first = sectors / 2 * 512L;
            long second = sectors * 512L - first;
            if (first > 0) {
                request.data().add(at + second, first);
            }
            request.data().add(at, second);
        }
        Chain way = chain;
        way.inFlight++;
        chains[request.id()] = way;
        request.onCompletion(this::completed);
        way.head.submit(request);
    }

    private void completed(Request request, int status) {
        if (status != 0) {
            errors++;
        }
        Chain way = chains[request.id()];
        if (--way.inFlight == 0 && way.retired != null) {
            way.retired.complete(null);
        }
        free.add(request);
        if (left == 0 && free.size() == chains.length && done != null) {
            CompletableFuture<Void> answer = done;
            done = null;
            answer.complete(null);
        } else {
            loop.execute(this::fill);
        }
    }

    @Override
    public void close() {
        loop.close();
    }
}
