// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.MemoryImage;
import io.tidemark.disk.Request;
import io.tidemark.disk.ThreadLoop;
import io.tidemark.disk.change.ChangeLog;
import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.MemoryLog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Cuts over several disks, whose writers depend on each other; loops on real threads. */
@Timeout(60)
class CutTest {
    private static final int CAPACITY = 1 << 20;
    private static final int QUEUES = 2;
    private static final Duration PATIENT = Duration.ofSeconds(20);

    private final WriteClock clock = new WriteClock(System::nanoTime, Clock.systemUTC());
    private final List<Disk> disks = new ArrayList<>();

    /** A disk with a log in memory, whose queues write one sector after the other. */
    private final class Disk implements CaptureListener, AutoCloseable {
        final MemoryLog log = new MemoryLog(new byte[CAPACITY]);
        final Capture capture;
        final List<ThreadLoop> loops = new ArrayList<>();
        final List<BlockDevice> ways = new ArrayList<>();
        final List<Request> requests = new ArrayList<>();
        final MemorySegment source = Arena.ofAuto().allocate(512L * QUEUES, 4096);

        Disk(String name) {
            capture = new Capture(name, log, this, clock, CaptureLimits.DEFAULT);
            MemoryImage image = MemoryImage.inline(CAPACITY);
            for (int i = 0; i < QUEUES; i++) {
                ThreadLoop loop = new ThreadLoop(name + "-q" + i, 1);
                loops.add(loop);
                ways.add(loop.call(() -> capture.attach(loop, image.attach(loop))));
                requests.add(new Request(0, new IoVector(1)));
            }
            disks.add(this);
        }

        /** Writes a number into the queue's own sector; answers when that has completed. */
        CompletableFuture<Void> write(int queue, long number) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            loops.get(queue).execute(() -> {
                Request request = requests.get(queue);
                request.begin(Request.Kind.WRITE, 512L * queue, 512);
                source.set(ValueLayout.JAVA_LONG, 512L * queue, number);
                request.data().add(source.address() + 512L * queue, 512);
                request.onCompletion((written, status) -> {
                    if (status == 0) {
                        done.complete(null);
                    } else {
                        done.completeExceptionally(new AssertionError("status " + status));
                    }
                });
                ways.get(queue).submit(request);
            });
            return done;
        }

        void flush(int queue) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            loops.get(queue).execute(() -> {
                Request request = requests.get(queue);
                request.begin(Request.Kind.FLUSH, 0, 0);
                request.onCompletion((flushed, status) -> done.complete(null));
                ways.get(queue).submit(request);
            });
            done.orTimeout(20, TimeUnit.SECONDS).join();
        }

        long[] at(long write) {
            MemorySegment state = MemorySegment.ofArray(log.replay(write));
            long[] numbers = new long[QUEUES];
            for (int i = 0; i < QUEUES; i++) {
                numbers[i] = state.get(ValueLayout.JAVA_LONG_UNALIGNED, 512L * i);
            }
            return numbers;
        }

        /** The state at a time. */
        long[] atTime(long time) {
            return at(
                    log.changes.stream().filter(change -> change.time() <= time).count());
        }

        @Override
        public void lost(Loss loss) {}

        @Override
        public void failed(FilterException cause) {}

        @Override
        public void close() {
            loops.forEach(ThreadLoop::close);
            capture.close();
        }
    }

    @AfterEach
    void close() {
        disks.forEach(Disk::close);
    }

    private List<Capture> captures() {
        return disks.stream().map(disk -> disk.capture).toList();
    }

    private static long max(long[] numbers) {
        return Math.max(numbers[0], numbers[1]);
    }

    /** A client writes i to A, waits, writes i to B, waits: then no cut, and no time, has more on B than on A. */
    @Test
    void noCutAndNoTimeHasAnEffectWithoutItsCause() throws Exception {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("CutTest -Dtidemark.seed=" + seed);
        Random random = new Random(seed);
        Disk a = new Disk("a");
        Disk b = new Disk("b");
        CountDownLatch going = new CountDownLatch(1);
        List<Cut> cuts = new ArrayList<>();
        boolean[] stop = new boolean[1];
        Thread client = Thread.ofPlatform().start(() -> {
            for (long i = 1; ; i++) {
                synchronized (stop) {
                    if (stop[0]) {
                        return;
                    }
                }
                a.write(random.nextInt(QUEUES), i).join();
                b.write(random.nextInt(QUEUES), i).join();
                if (random.nextInt(16) == 0) {
                    a.flush(random.nextInt(QUEUES));
                }
                going.countDown();
            }
        });
        going.await();
        for (int i = 0; i < 100; i++) {
            cuts.add(Cut.make("cut" + i, captures(), clock, PATIENT));
            Thread.yield();
        }
        synchronized (stop) {
            stop[0] = true;
        }
        client.join();
        for (Disk disk : disks) {
            disk.capture.position().get(20, TimeUnit.SECONDS);
            assertThat(disk.log.gaps).isEmpty();
            assertThat(disk.log.marks).hasSize(100).allMatch(MemoryLog.Mark::exact);
        }
        for (Cut cut : cuts) {
            long onA = max(a.at(cut.marks().getFirst().write()));
            long onB = max(b.at(cut.marks().getLast().write()));
            assertThat(onA - onB).as("A ahead of B in %s", cut).isBetween(0L, 1L);
            // The time of the cut is the cut.
            assertThat(a.atTime(cut.time()))
                    .isEqualTo(a.at(cut.marks().getFirst().write()));
            assertThat(b.atTime(cut.time()))
                    .isEqualTo(b.at(cut.marks().getLast().write()));
        }
        for (int i = 0; i < 300; i++) {
            Disk from = disks.get(random.nextInt(2));
            long time = from.log
                            .changes
                            .get(random.nextInt(from.log.changes.size()))
                            .time()
                    + random.nextInt(3)
                    - 1;
            assertThat(max(a.atTime(time)) - max(b.atTime(time)))
                    .as("A ahead of B at %s", time)
                    .isBetween(0L, 1L);
        }
    }

    @Test
    void aLoopThatHangsHoldsNobodyUp() throws Exception {
        Disk a = new Disk("a");
        Disk b = new Disk("b");
        CountDownLatch hanging = new CountDownLatch(1);
        b.loops.getLast().execute(() -> {
            try {
                hanging.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        try {
            a.write(0, 1).get(20, TimeUnit.SECONDS);
            assertThat(Cut.make("x", captures(), clock, PATIENT).marks())
                    .extracting(Mark::write)
                    .containsExactly(1L, 0L);
        } finally {
            hanging.countDown();
        }
        b.write(1, 2).get(20, TimeUnit.SECONDS);
        assertThat(Cut.make("y", captures(), clock, PATIENT).marks())
                .extracting(Mark::write)
                .containsExactly(1L, 1L);
    }

    /** One history takes nothing: no other has the mark, none waits longer than it may, and no guest waits. */
    @Test
    void aHistoryThatStandsStillRefusesTheCutForAll() throws Exception {
        Disk a = new Disk("a");
        Disk b = new Disk("b");
        b.write(0, 1).get(20, TimeUnit.SECONDS);
        b.capture.position().get(20, TimeUnit.SECONDS);
        CountDownLatch standing = new CountDownLatch(1);
        b.capture.post(new LogTask() {
            @Override
            public void run(ChangeLog log, long time) {
                try {
                    standing.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }

            @Override
            public void dropped(FilterException why) {}
        });
        try {
            assertThatThrownBy(() -> Cut.make("x", captures(), clock, Duration.ofSeconds(1)))
                    .isInstanceOf(FilterException.class)
                    .hasMessageContaining("no history has got the mark");
            a.write(0, 1).get(20, TimeUnit.SECONDS);
            a.capture.position().get(20, TimeUnit.SECONDS);
            b.write(0, 2).get(20, TimeUnit.SECONDS);
        } finally {
            standing.countDown();
        }
        b.capture.position().get(20, TimeUnit.SECONDS);
        assertThat(a.log.marks).isEmpty();
        assertThat(b.log.marks).isEmpty();
        assertThat(Cut.make("y", captures(), clock, PATIENT).marks())
                .extracting(Mark::write)
                .containsExactly(1L, 2L);
    }

    /** Whoever waits for the others lets go before the guest would lose anything. */
    @Test
    void aHistoryThatGetsCrowdedWaitsForNobody() throws Exception {
        Disk a = new Disk("a");
        CutPoint point =
                new CutPoint("x", clock.micros() + 1000, List.of("a", "b"), System.nanoTime() + PATIENT.toNanos());
        CompletableFuture<Mark> mark = a.capture.announce(point, 0);
        point.announced();
        while (clock.micros() <= point.time()) {
            Thread.onSpinWait();
        }
        for (long i = 1; !point.outcome().isDone(); i++) {
            a.write(0, i).get(20, TimeUnit.SECONDS);
        }
        assertThat(point.outcome().exceptionNow()).hasMessageContaining("disk b: its history is too far behind");
        assertThat(mark).failsWithin(PATIENT);
        a.capture.position().get(20, TimeUnit.SECONDS);
        assertThat(a.capture.isLosing()).isFalse();
        assertThat(a.log.marks).isEmpty();
        assertThat(a.log.gaps).isEmpty();
    }

    @Test
    void aHistoryInAGapRefusesTheCutForAll() throws Exception {
        Disk a = new Disk("a");
        Disk b = new Disk("b");
        Loss loss = b.capture.lose(GapReason.OVERLOAD);
        assertThatThrownBy(() -> Cut.make("x", captures(), clock, PATIENT))
                .isInstanceOf(FilterException.class)
                .hasMessageContaining("disk b: a gap has begun");
        a.write(0, 1).get(20, TimeUnit.SECONDS);
        b.write(0, 1).get(20, TimeUnit.SECONDS);
        b.capture.position().get(20, TimeUnit.SECONDS);
        b.capture.resume(loss).get(20, TimeUnit.SECONDS);
        assertThatThrownBy(() -> Cut.make("x", captures(), clock, PATIENT)).hasMessageContaining("a gap has begun");
        assertThat(b.capture.endGap().get(20, TimeUnit.SECONDS)).isTrue();
        assertThat(a.log.marks).isEmpty();
        assertThat(Cut.make("y", captures(), clock, PATIENT).marks())
                .extracting(Mark::write)
                .containsExactly(1L, 0L);
    }

    @Test
    void whatIsLaterIsBehindTheMarkThoughTheOthersCome() throws Exception {
        Disk a = new Disk("a");
        a.write(0, 1).get(20, TimeUnit.SECONDS);
        CutPoint point =
                new CutPoint("here", clock.micros() + 1000, List.of("a", "b"), System.nanoTime() + PATIENT.toNanos());
        CompletableFuture<Mark> mark = a.capture.announce(point, 0);
        point.announced();
        while (clock.micros() <= point.time()) {
            Thread.onSpinWait();
        }
        a.write(0, 2).get(20, TimeUnit.SECONDS);
        a.write(1, 3).get(20, TimeUnit.SECONDS);
        assertThat(mark).isNotDone();
        point.arrive(1);
        assertThat(mark.get(20, TimeUnit.SECONDS).write()).isEqualTo(1);
        assertThat(a.capture.position().get(20, TimeUnit.SECONDS)).isEqualTo(3);
    }

    @Test
    void aDiskThatIsNotRecordedAnyMoreRefusesTheCutForAll() {
        Disk a = new Disk("a");
        Disk b = new Disk("b");
        b.capture.drain();
        assertThatThrownBy(() -> Cut.make("x", captures(), clock, PATIENT))
                .isInstanceOf(FilterException.class)
                .hasMessageContaining("disk b: recording has ended");
        assertThat(a.log.marks).isEmpty();
    }

    /** Between the announcement and its time. */
    @Test
    void aDiskThatIsSwitchedOffRefusesTheCut() {
        Disk a = new Disk("a");
        CutPoint point = new CutPoint(
                "x", clock.micros() + 60_000_000, List.of("a", "b"), System.nanoTime() + PATIENT.toNanos());
        CompletableFuture<Mark> mark = a.capture.announce(point, 0);
        a.capture.drain();
        assertThat(mark).failsWithin(PATIENT);
        assertThat(point.outcome().exceptionNow()).hasMessageContaining("disk a: recording has ended");
        assertThat(a.log.marks).isEmpty();
    }
}
