// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.MemoryImage;
import io.tidemark.disk.Request;
import io.tidemark.disk.ThreadLoop;
import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.intent.Intent;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With {@link Durability#FLUSH}: a flush is complete when the store has what it covers, while anything is promised. */
@Timeout(30)
class FlushDurabilityTest implements CaptureListener {
    private static final CaptureLimits LIMITS = new CaptureLimits(1 << 20, 16);
    private static final MemorySegment SECTOR = Arena.ofAuto().allocate(512, 512);

    private final Store store = new Store();
    private final CompletableFuture<Void> slow = new CompletableFuture<>();
    private final ThreadLoop loop = new ThreadLoop("q0", 8);
    private final Capture capture = new Capture(
            "vda",
            store,
            this,
            new WriteClock(System::nanoTime, Clock.systemUTC()),
            LIMITS,
            Intent.NONE,
            Durability.FLUSH);
    private final BlockDevice device = loop.call(
            () -> capture.attach(loop, MemoryImage.reordering(1 << 20, 1).attach(loop)));
    private final AtomicInteger nextId = new AtomicInteger();

    /** A log whose store keeps what it is let. */
    private static final class Store extends NullLog {
        private volatile long durable;
        private volatile boolean keepsUp;
        private volatile RuntimeException failure;
        private volatile CountDownLatch answers = new CountDownLatch(0);
        private final CompletableFuture<Void> committed = new CompletableFuture<>();

        @Override
        public long write(long time, long offset, MemorySegment data) {
            try {
                answers.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return super.write(time, offset, data);
        }

        @Override
        public void flush(long time, long covered) {
            if (failure != null) {
                throw failure;
            }
        }

        @Override
        public void commit() {
            committed.complete(null);
            if (keepsUp) {
                durable = position;
            }
        }

        @Override
        public long durable() {
            return durable;
        }
    }

    @Override
    public void lost(Loss loss) {}

    @Override
    public void failed(FilterException cause) {}

    @Override
    public void slow() {
        slow.complete(null);
    }

    private CompletableFuture<Integer> send(Request.Kind kind, long offset) {
        CompletableFuture<Integer> done = new CompletableFuture<>();
        Request request = new Request(nextId.getAndIncrement() % 8, new IoVector(1));
        loop.execute(() -> {
            request.begin(kind, offset, kind == Request.Kind.FLUSH ? 0 : 512);
            if (kind == Request.Kind.WRITE) {
                request.data().add(SECTOR.address(), 512);
            }
            request.onCompletion((r, status) -> done.complete(status));
            device.submit(request);
        });
        return done;
    }

    private CompletableFuture<Integer> flush() {
        return send(Request.Kind.FLUSH, 0);
    }

    private void write(long offset) {
        assertThat(send(Request.Kind.WRITE, offset).join()).isZero();
    }

    private void promise() {
        assertThat(capture.endGap().join()).isTrue();
    }

    @AfterEach
    void close() {
        capture.drain();
        loop.close();
        capture.close();
    }

    @Test
    void aFlushWaitsForWhatItCoversAndNoMore() throws Exception {
        promise();
        write(0);
        write(512);
        CompletableFuture<Integer> flush = flush();
        store.committed.get(10, TimeUnit.SECONDS);
        write(1024);
        store.durable = 1;
        assertThat(isDoneSoon(flush)).isFalse();
        store.durable = 2;
        assertThat(flush.get(10, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void manyFlushesComeBackWhenTheStoreKeepsUp() throws Exception {
        promise();
        store.keepsUp = true;
        for (int i = 0; i < 1000; i++) {
            write(512L * (i % 100));
            assertThat(flush().get(10, TimeUnit.SECONDS)).isZero();
            assertThat(store.durable).isGreaterThanOrEqualTo(i + 1);
        }
    }

    @Test
    void nobodyWaitsInAGap() throws Exception {
        write(0);
        assertThat(flush().get(10, TimeUnit.SECONDS)).isZero();
        promise();
        CompletableFuture<Integer> waiting = flush();
        assertThat(isDoneSoon(waiting)).isFalse();
        capture.lose(GapReason.PAUSED);
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isZero();
        assertThat(flush().get(10, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void nobodyWaitsForAHistoryThatHasFailed() throws Exception {
        promise();
        write(0);
        CompletableFuture<Integer> waiting = flush();
        assertThat(isDoneSoon(waiting)).isFalse();
        store.failure = new IllegalStateException("gone");
        assertThat(flush().get(10, TimeUnit.SECONDS)).isZero();
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void aStoreThatStallsIsNotWaitedForUntilItHasCaughtUp() throws Exception {
        promise();
        write(0);
        assertThat(flush().get(25, TimeUnit.SECONDS)).isZero();
        slow.get(10, TimeUnit.SECONDS);
        assertThat(capture.isSuspended()).isTrue();
        assertThat(flush().get(1, TimeUnit.SECONDS)).isZero();
        store.durable = 1;
        write(512);
        CompletableFuture<Integer> waiting = flush();
        assertThat(isDoneSoon(waiting)).isFalse();
        assertThat(capture.isSuspended()).isFalse();
        store.durable = 2;
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isZero();
    }

    /** It completes without the history's word: so there must be a gap. */
    @Test
    void aFlushThatFindsNoPlaceIsNotAsIfItHadWaited() throws Exception {
        promise();
        store.answers = new CountDownLatch(1);
        try {
            while (capture.backlog() < LIMITS.events()) {
                write(0);
            }
            assertThat(capture.isLosing()).isFalse();
            assertThat(flush().get(10, TimeUnit.SECONDS)).isZero();
            assertThat(capture.isLosing()).isTrue();
        } finally {
            store.answers.countDown();
        }
    }

    private static boolean isDoneSoon(CompletableFuture<Integer> flush) throws Exception {
        try {
            flush.get(50, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }
}
