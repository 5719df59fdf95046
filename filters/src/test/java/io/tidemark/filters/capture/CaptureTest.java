// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.FaultyDevice;
import io.tidemark.disk.FaultyDevice.Fault;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.MemoryImage;
import io.tidemark.disk.Request;
import io.tidemark.disk.StepLoop;
import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.MemoryLog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One loop, driven step by step, before an image in memory and a log in memory. */
@Timeout(20)
class CaptureTest implements CaptureListener {
    private static final int CAPACITY = 1 << 20;

    private final MemoryImage image = MemoryImage.inline(CAPACITY);
    private final StepLoop loop = new StepLoop(16);
    private final MemorySegment guest = Arena.ofAuto().allocate(64 << 10, 4096);
    private final BlockingQueue<Loss> losses = new LinkedBlockingQueue<>();
    private final CompletableFuture<FilterException> failure = new CompletableFuture<>();
    private final List<Integer> statuses = new ArrayList<>();
    private final CountDownLatch logOpen = new CountDownLatch(1);
    private final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
    private Fault fault = Fault.NONE;
    private RuntimeException logFailure;
    private boolean logWaits;
    private MemoryLog log;
    private Capture capture;
    private FaultyDevice bottom;
    private BlockDevice device;
    private int nextId;

    @Override
    public void lost(Loss loss) {
        losses.add(loss);
    }

    @Override
    public void failed(FilterException cause) {
        failure.complete(cause);
    }

    @BeforeEach
    void attach() {
        log = new MemoryLog(new byte[CAPACITY], this::beforeCall);
        WriteClock clock = new WriteClock(System::nanoTime, java.time.Clock.systemUTC());
        capture = new Capture("vda", log, this, clock, new CaptureLimits(64 << 10, 16));
        bottom = new FaultyDevice(image.attach(loop), request -> fault);
        device = capture.attach(loop, bottom);
    }

    private void beforeCall(String call) {
        calls.add(call);
        if (call.equals("write") && logFailure != null) {
            throw logFailure;
        }
        if (call.equals("write") && logWaits) {
            try {
                logOpen.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @AfterEach
    void end() {
        logOpen.countDown();
        capture.close();
    }

    private Request send(Request.Kind kind, long offset, long length) {
        Request request = new Request(nextId++ % 16, new IoVector(4));
        request.begin(kind, offset, length);
        if (kind == Request.Kind.WRITE || kind == Request.Kind.READ) {
            request.data().add(guest.address(), length);
        }
        request.onCompletion((done, status) -> statuses.add(status));
        device.submit(request);
        return request;
    }

    private void write(long offset, long length, int content) {
        guest.fill((byte) content);
        send(Request.Kind.WRITE, offset, length);
    }

    private long position() throws Exception {
        return capture.position().get(10, TimeUnit.SECONDS);
    }

    private void assertHistoryEqualsImage() throws Exception {
        assertThat(log.replay(position())).isEqualTo(image.bytes());
    }

    @Test
    void recordsChangesInOrder() throws Exception {
        write(0, 8192, 1);
        write(4096, 512, 2);
        send(Request.Kind.WRITE_ZEROES, 512, 512);
        send(Request.Kind.DISCARD, 6144, 1024);
        assertThat(position()).isEqualTo(4);
        assertHistoryEqualsImage();
        assertThat(statuses).containsExactly(0, 0, 0, 0);
        assertThat(capture.statistics().bytes()).isEqualTo(8704);
        assertThat(capture.statistics().changes()).isEqualTo(4);
        assertThat(capture.statistics().lagBytes()).isZero();
    }

    @Test
    void aGuestThatChangesItsMemoryChangesNeitherImageNorHistory() throws Exception {
        fault = Fault.HOLD;
        write(0, 4096, 1);
        guest.fill((byte) 9);
        fault = Fault.NONE;
        bottom.release();
        assertThat(image.bytes()[0]).isEqualTo((byte) 1);
        assertThat(position()).isEqualTo(1);
        assertHistoryEqualsImage();
    }

    @Test
    void overlappingChangesQueueUp() throws Exception {
        fault = Fault.HOLD_COMPLETION;
        write(0, 4096, 1);
        fault = Fault.NONE;
        write(2048, 4096, 2);
        write(8192, 4096, 3);
        assertThat(statuses).hasSize(1); // the disjoint one
        bottom.release();
        assertThat(statuses).hasSize(3);
        assertThat(position()).isEqualTo(3);
        assertThat(log.changes).extracting(MemoryLog.Change::offset).containsExactly(8192L, 0L, 2048L);
        assertHistoryEqualsImage();
    }

    @Test
    void aReadTouchesNothing() throws Exception {
        Request request = send(Request.Kind.READ, 0, 4096);
        assertThat(request.data().address(0)).isEqualTo(guest.address());
        assertThat(position()).isZero();
    }

    @Test
    void aDiscardWithoutEffectIsNotRecorded() throws Exception {
        BlockDevice hint = capture.attach(loop, request -> {
            request.withoutEffect(true);
            request.complete(0);
        });
        device = hint;
        send(Request.Kind.DISCARD, 0, 4096);
        assertThat(position()).isZero();
        assertThat(statuses).containsExactly(0);
    }

    @Test
    void aFlushCoversWhatCompletedBeforeItWasSubmitted() throws Exception {
        write(0, 512, 1);
        write(512, 512, 2);
        fault = Fault.HOLD;
        send(Request.Kind.FLUSH, 0, 0);
        fault = Fault.NONE;
        write(1024, 512, 3);
        bottom.release();
        assertThat(position()).isEqualTo(3);
        assertThat(log.flushes).containsExactly(new MemoryLog.Flush(3, 2));
    }

    @Test
    void aFailedWriteIsLost() throws Exception {
        write(0, 512, 1);
        fault = Fault.FAIL_AFTERWARDS;
        write(0, 512, 2);
        fault = Fault.NONE;
        write(100 << 10, 512, 3); // not captured: it may have been caused by the failed one
        assertThat(statuses).containsExactly(0, FaultyDevice.EIO, 0);
        Loss loss = losses.take();
        assertThat(loss.reason()).isEqualTo(GapReason.WRITE_ERROR);
        assertThat(position()).isEqualTo(1);
        assertThat(log.gaps).containsExactly(new MemoryLog.Gap(1, -1, GapReason.WRITE_ERROR));
        assertThat(log.saysWhole()).as("all of the disk is read behind a loss").isFalse();
        assertThat(capture.endGap().get()).isFalse();

        CompletableFuture<BlockSet> resumed = capture.resume(loss);
        loop.runAll();
        List<Long> missed = new ArrayList<>();
        resumed.get().forEachRange((offset, length) -> missed.addAll(List.of(offset, length)));
        assertThat(missed).containsExactly(0L, 128L << 10);
        write(512, 512, 4);
        assertThat(position()).isEqualTo(2);
        assertThat(capture.endGap().get()).isTrue();
    }

    /** Else nobody who reads the history would know of the gap before something else is recorded. */
    @Test
    void aGapThatBeginsWhileNothingComesIsPassedOn() throws Exception {
        assertThat(calls.take()).isEqualTo("pause");
        assertThat(calls.take()).isEqualTo("pause"); // now it sleeps until it is woken
        capture.lose(GapReason.PAUSED);
        assertThat(calls.take()).isEqualTo("gapBegin");
        assertThat(calls.take()).isEqualTo("pause");
    }

    @Test
    void resumeAnswersWhenTheLastUncapturedChangeHasCompleted() throws Exception {
        fault = Fault.FAIL;
        write(0, 512, 1);
        fault = Fault.HOLD;
        write(4096, 512, 2);
        fault = Fault.NONE;
        CompletableFuture<BlockSet> resumed = capture.resume(losses.take());
        loop.runAll();
        write(8192, 512, 3);
        assertThat(position()).isEqualTo(1);
        assertThat(resumed).isNotDone();
        bottom.release();
        assertThat(resumed).isDone();
        assertThat(position()).isEqualTo(1);
    }

    @Test
    void aFullCopyRingCostsTheGuestNothingAndIsAnOverload() throws Exception {
        logWaits = true;
        for (int i = 0; i < 5; i++) {
            write(i * 16384, 16384, i + 1);
        }
        assertThat(statuses).containsExactly(0, 0, 0, 0, 0);
        assertThat(image.bytes()[4 * 16384]).isEqualTo((byte) 5);
        logOpen.countDown();
        assertThat(losses.take().reason()).isEqualTo(GapReason.OVERLOAD);
        assertThat(position()).isEqualTo(4);
        assertThat(capture.statistics().lostChanges()).isEqualTo(1);
    }

    @Test
    void aFullCaptureRingIsAnOverload() throws Exception {
        logWaits = true;
        write(0, 512, 1);
        for (int i = 0; i < 20; i++) {
            send(Request.Kind.WRITE_ZEROES, i * 512, 512);
        }
        assertThat(statuses).hasSize(21).containsOnly(0);
        logOpen.countDown();
        assertThat(losses.take().reason()).isEqualTo(GapReason.OVERLOAD);
        assertThat(position()).isEqualTo(16);
    }

    @Test
    void aLogThatThrowsIsLeftAloneAndTheGuestGoesOn() throws Exception {
        logFailure = new IllegalStateException("disk full");
        write(0, 512, 1);
        FilterException cause = failure.get();
        assertThat(cause.code()).isEqualTo(FilterException.Code.LOG_FAILED);
        assertThat(cause).hasMessageContaining("disk full").hasMessageContaining("vda");
        for (int i = 0; i < 100; i++) {
            write(i * 512, 512, i);
        }
        assertThat(statuses).hasSize(101).containsOnly(0);
        assertThatThrownBy(() -> position()).hasCause(cause);
        assertThat(log.changes).isEmpty();
        assertThat(losses).isEmpty();
    }

    @Test
    void aTaskThatThrowsIsNotDroppedToo() throws Exception {
        List<String> calls = new ArrayList<>();
        capture.post(new LogTask() {
            @Override
            public void run(io.tidemark.disk.change.ChangeLog to, long time) {
                calls.add("run");
                throw new IllegalStateException("disk full");
            }

            @Override
            public void dropped(FilterException why) {
                calls.add("dropped");
            }
        });
        failure.get();
        capture.drain();
        assertThat(calls).containsExactly("run");
    }

    @Test
    void tasksOfAnEndedCaptureAreDropped() {
        capture.drain();
        assertThatThrownBy(() -> position())
                .cause()
                .isInstanceOfSatisfying(
                        FilterException.class, e -> assertThat(e.code()).isEqualTo(FilterException.Code.NOT_RECORDING));
    }
}
