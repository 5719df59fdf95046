// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.FaultyDevice;
import io.tidemark.disk.FaultyDevice.Fault;
import io.tidemark.disk.Request;
import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.filters.FakeDisk;
import io.tidemark.filters.FakeQueue;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.MemoryLog;
import io.tidemark.filters.capture.CaptureLimits;
import io.tidemark.filters.capture.CaptureStatistics;
import io.tidemark.filters.capture.WriteClock;
import java.lang.foreign.MemorySegment;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** The whole room: several queues under random load, a guest that scribbles, faults, and a replay that must equal the image. */
@Timeout(60)
class ProtectionTest {
    /** More than any of the tests writes on one queue: no overload, however slow the machine is. */
    private static final CaptureLimits ROOMY = new CaptureLimits(64 << 20, 32768);

    private static final CaptureLimits TIGHT = new CaptureLimits(256 << 10, 64);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());

    @BeforeEach
    void tellSeed(TestInfo test) {
        System.out.println("ProtectionTest." + test.getDisplayName() + " -Dtidemark.seed=" + seed);
    }

    private void prepare(ProtectedDisk disk) throws Exception {
        disk.disk.sendAndWait(300);
        disk.disk.image().content().asSlice(1 << 20, 3 << 20).fill((byte) 0); // holes
    }

    private static void assertReplayEqualsImage(ProtectedDisk disk) throws Exception {
        // The state may still say PROTECTED when a loss is just being noticed: then the mark lies in a gap.
        long at;
        MemoryLog log;
        do {
            disk.await(ProtectionState.PROTECTED);
            at = disk.protection.mark("end").get(10, TimeUnit.SECONDS).write();
            log = disk.log();
        } while (!log.marks.getLast().exact());
        assertThat(log.replay(at)).isEqualTo(disk.disk.image().bytes());
    }

    @Test
    void everyQuietStateUnderLoadIsExact() throws Exception {
        try (ProtectedDisk disk = new ProtectedDisk(3, seed, below -> below, ROOMY, call -> {})) {
            prepare(disk);
            var load = disk.disk.send(2000);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            load.get(30, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            for (int i = 0; i < 5; i++) {
                disk.disk.sendAndWait(400);
                assertReplayEqualsImage(disk);
            }
            MemoryLog log = disk.log();
            assertThat(log.gaps).hasSize(1);
            assertThat(log.gaps.getFirst().reason()).isEqualTo(GapReason.START);
            assertThat(log.flushes).isNotEmpty();
            assertThat(disk.protection.status().capture().lostChanges()).isZero();
        }
    }

    @Test
    void anOverloadIsAnExplicitGapThatHeals() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (ProtectedDisk disk = new ProtectedDisk(3, seed, below -> below, TIGHT, call -> {
            if (call.equals("write") && calls.incrementAndGet() % 16 == 0) {
                LockSupport.parkNanos(500_000);
            }
        })) {
            prepare(disk);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            for (int i = 0; i < 4; i++) {
                disk.disk.sendAndWait(1000);
                assertReplayEqualsImage(disk);
            }
            assertThat(disk.protection.status().losses()).isPositive();
            assertThat(disk.log().gaps).anyMatch(gap -> gap.reason() == GapReason.OVERLOAD);
            assertThat(disk.logs).hasSize(1);
        }
    }

    @Test
    void writeErrorsAreGapsThatHeal() throws Exception {
        Random random = new Random(seed);
        AtomicBoolean faulty = new AtomicBoolean();
        FaultyDevice.Rule rule = request -> {
            synchronized (random) {
                boolean hit = faulty.get() && request.changesContent() && random.nextInt(200) == 0;
                return !hit ? Fault.NONE : random.nextBoolean() ? Fault.FAIL : Fault.FAIL_AFTERWARDS;
            }
        };
        try (ProtectedDisk disk =
                new ProtectedDisk(3, seed, below -> new FaultyDevice(below, rule), ROOMY, call -> {})) {
            prepare(disk);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            for (int i = 0; i < 4; i++) {
                faulty.set(true);
                disk.disk.sendAndWait(600);
                faulty.set(false);
                disk.disk.sendAndWait(50);
                assertReplayEqualsImage(disk);
            }
            assertThat(disk.disk.queues()).anyMatch(queue -> queue.errors() > 0);
            assertThat(disk.log().gaps).anyMatch(gap -> gap.reason() == GapReason.WRITE_ERROR);
        }
    }

    @Test
    void aFailingHistoryIsOpenedAgainAndCompared() throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        try (ProtectedDisk disk = new ProtectedDisk(2, seed, below -> below, ROOMY, call -> {
            if (broken.get()) {
                throw new IllegalStateException("store is gone");
            }
        })) {
            prepare(disk);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            broken.set(true);
            disk.disk.sendAndWait(500);
            disk.await(ProtectionState.FAILED);
            assertThat(disk.protection.status().error())
                    .hasValueSatisfying(error -> assertThat(error).contains("store is gone"));
            var load = disk.disk.send(1000);
            broken.set(false);
            disk.await(ProtectionState.PROTECTED);
            load.get(30, TimeUnit.SECONDS);
            assertReplayEqualsImage(disk);
            assertThat(disk.disk.queues()).allMatch(queue -> queue.errors() == 0);
            assertThat(disk.log().gaps.getFirst().reason()).isEqualTo(GapReason.STORE_ERROR);
        }
    }

    @Test
    void onlyDifferencesAreRecordedOnAnExistingHistory() throws Exception {
        try (ProtectedDisk disk = new ProtectedDisk(2, seed, below -> below, ROOMY, call -> {})) {
            prepare(disk);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            disk.protection.disable().get(10, TimeUnit.SECONDS);
            assertThat(disk.log().gaps.getLast().reason()).isEqualTo(GapReason.DISABLED);
            disk.disk.image().content().asSlice(2 << 20, 512).fill((byte) 7);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            assertThat(disk.log().syncs).singleElement().satisfies(sync -> {
                assertThat(sync.offset()).isEqualTo(2 << 20);
                assertThat(sync.length()).isEqualTo(4096);
            });
            assertThat(disk.log().gaps.getFirst().reason()).isEqualTo(GapReason.RESTART);
            assertReplayEqualsImage(disk);
        }
    }

    @Test
    void theGapEndsBehindChangesThatWereInFlightWhileTheDiskWasRead() throws Exception {
        AtomicReference<FaultyDevice> device = new AtomicReference<>();
        AtomicBoolean hold = new AtomicBoolean();
        try (ProtectedDisk disk = new ProtectedDisk(
                1,
                seed,
                below -> {
                    device.set(new FaultyDevice(
                            below,
                            request -> hold.get() && request.kind() == Request.Kind.WRITE
                                    ? Fault.HOLD_COMPLETION
                                    : Fault.NONE));
                    return device.get();
                },
                ROOMY,
                call -> {
                    if (call.equals("gapEnd") && hold.get()) {
                        throw new AssertionError("the gap ends while a write is in flight");
                    }
                })) {
            prepare(disk);
            var loop = disk.disk.queues().getFirst().loop();
            loop.call(() -> {
                hold.set(true);
                return null;
            });
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            var load = disk.disk.send(100); // soon stands still, with writes held
            disk.await(() -> loop.call(() -> device.get().held()) > 0);
            disk.await(() -> disk.protection.status().syncedBytes()
                    == disk.protection.status().syncBytes());
            loop.call(() -> {
                hold.set(false);
                device.get().release();
                return null;
            });
            load.get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            assertReplayEqualsImage(disk);
        }
    }

    @Test
    void missedPlacesAreNotReadBeforeTheirChangesHaveCompleted() throws Exception {
        AtomicReference<FaultyDevice> device = new AtomicReference<>();
        AtomicReference<Fault> next = new AtomicReference<>(Fault.NONE);
        FaultyDevice.Rule rule = request -> request.kind() != Request.Kind.WRITE
                ? Fault.NONE
                : next.getAndUpdate(fault -> fault == Fault.FAIL ? Fault.HOLD : fault);
        try (ProtectedDisk disk = new ProtectedDisk(
                1,
                seed,
                below -> {
                    device.set(new FaultyDevice(below, rule));
                    return device.get();
                },
                ROOMY,
                call -> {})) {
            prepare(disk);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            var loop = disk.disk.queues().getFirst().loop();
            next.set(Fault.FAIL); // the first write is lost by its failure, those behind it are held, uncaptured
            var load = disk.disk.send(200);
            disk.await(ProtectionState.DEGRADED);
            disk.await(() -> loop.call(() -> device.get().held()) > 0);
            // There is nothing to wait for but time: the sync must not begin.
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(300);
            while (disk.protection.status().state() == ProtectionState.DEGRADED && System.nanoTime() - until < 0) {
                LockSupport.parkNanos(1_000_000);
            }
            ProtectionState whileHeld = disk.protection.status().state();
            loop.call(() -> {
                next.set(Fault.NONE);
                device.get().release();
                return null;
            });
            assertThat(whileHeld).isEqualTo(ProtectionState.DEGRADED);
            load.get(10, TimeUnit.SECONDS);
            assertReplayEqualsImage(disk);
        }
    }

    @Test
    void whereChangesWereMissedTheContentBeforeIsNoGuide() throws Exception {
        AtomicBoolean faulty = new AtomicBoolean();
        FaultyDevice.Rule rule = request ->
                faulty.get() && (request.kind() == Request.Kind.DISCARD || request.kind() == Request.Kind.WRITE_ZEROES)
                        ? Fault.FAIL_AFTERWARDS
                        : Fault.NONE;
        try (ProtectedDisk disk =
                new ProtectedDisk(2, seed, below -> new FaultyDevice(below, rule), ROOMY, call -> {})) {
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            disk.protection.disable().get(10, TimeUnit.SECONDS);
            disk.protection.enable().get(10, TimeUnit.SECONDS); // on a history that holds zeros only
            disk.await(ProtectionState.PROTECTED);
            assertThat(disk.logs).hasSize(2);
            for (int i = 0; i < 5; i++) {
                disk.disk.sendAndWait(200); // what the history knows of now
                faulty.set(true);
                disk.disk.sendAndWait(40); // back to zeros, unknown to it
                faulty.set(false);
                assertReplayEqualsImage(disk);
            }
            assertThat(disk.log().gaps).anyMatch(gap -> gap.reason() == GapReason.WRITE_ERROR);
        }
    }

    @Test
    void aHistoryThatCannotBeRecordedIsClosedAgain() throws Exception {
        AtomicInteger open = new AtomicInteger();
        AtomicInteger priors = new AtomicInteger();
        try (FakeDisk disk = new FakeDisk(1 << 20, 1, 4, seed, below -> below);
                Protection protection = new Protection(
                        "vda",
                        disk,
                        disk,
                        () -> {
                            open.incrementAndGet();
                            return new OpenLog(
                                    new MemoryLog(new byte[1 << 20]),
                                    Optional.of(counted(priors)),
                                    false,
                                    open::decrementAndGet);
                        },
                        new WriteClock(System::nanoTime, Clock.systemUTC()),
                        new ProtectionLimits(
                                new CaptureLimits(64 << 10, 3), // no power of two: the ring refuses
                                Duration.ofMillis(50),
                                Duration.ofMillis(1),
                                Duration.ofMillis(100)))) {
            assertThatThrownBy(() -> protection.enable().get(10, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(IllegalArgumentException.class);
            protection.disable().get(10, TimeUnit.SECONDS);
            assertThat(open.get()).isZero();
            assertThat(priors.get()).isZero();
        }
    }

    private static PriorContent counted(AtomicInteger open) {
        open.incrementAndGet();
        return new PriorContent() {
            @Override
            public boolean read(long offset, MemorySegment into) {
                return false;
            }

            @Override
            public void release() {
                open.decrementAndGet();
            }
        };
    }

    @Test
    void whatIsPausedIsOnlyRememberedAndReadBack() throws Exception {
        try (ProtectedDisk disk = new ProtectedDisk(3, seed, below -> below, ROOMY, call -> {})) {
            prepare(disk);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            for (int i = 0; i < 20; i++) {
                var load = disk.disk.send(150);
                disk.protection.pause().get(10, TimeUnit.SECONDS);
                disk.protection.pause().get(10, TimeUnit.SECONDS);
                load.get(30, TimeUnit.SECONDS); // all that was captured before the pause has completed
                long copied = disk.protection.status().capture().bytes();
                int changes = disk.log().changes.size();
                disk.disk.sendAndWait(100);
                ProtectionStatus paused = disk.protection.status();
                assertThat(paused.state()).isEqualTo(ProtectionState.PAUSED);
                assertThat(paused.gap()).contains(GapReason.PAUSED);
                assertThat(paused.capture().bytes()).isEqualTo(copied);
                disk.await(() -> disk.protection.status().capture().lagEvents() == 0);
                assertThat(disk.log().changes.size() - changes).isNotNegative();
                assertThatThrownBy(() -> disk.protection.mark("x").get(10, TimeUnit.SECONDS))
                        .cause()
                        .isInstanceOf(FilterException.class);
                load = disk.disk.send(150);
                disk.protection.enable().get(10, TimeUnit.SECONDS);
                load.get(30, TimeUnit.SECONDS);
                assertReplayEqualsImage(disk);
            }
            assertThat(disk.logs).as("histories opened").hasSize(1);
            assertThat(disk.log().gaps)
                    .filteredOn(gap -> gap.reason() == GapReason.PAUSED)
                    .hasSize(20);
            assertThat(disk.disk.queues()).allMatch(queue -> queue.errors() == 0);
        }
    }

    @Test
    void nothingIsInTheWayOfADiskThatIsOff() throws Exception {
        try (ProtectedDisk disk = new ProtectedDisk(2, seed, below -> below, ROOMY, call -> {})) {
            prepare(disk);
            for (int i = 0; i < 20; i++) {
                var load = disk.disk.send(100);
                disk.protection.enable().get(10, TimeUnit.SECONDS);
                load.get(30, TimeUnit.SECONDS);
                assertReplayEqualsImage(disk);
                load = disk.disk.send(200);
                disk.protection.disable().get(10, TimeUnit.SECONDS);
                disk.protection.disable().get(10, TimeUnit.SECONDS);
                long copied = disk.protection.status().capture().bytes();
                long lost = disk.protection.status().capture().lostChanges();
                load.get(30, TimeUnit.SECONDS);
                disk.disk.sendAndWait(100);
                assertThat(disk.protection.status().state()).isEqualTo(ProtectionState.OFF);
                assertThat(disk.protection.status().capture().bytes()).isEqualTo(copied);
                assertThat(disk.protection.status().capture().lostChanges()).isEqualTo(lost);
                assertThat(disk.filters).isEmpty();
                assertThat(disk.log().gaps.getLast().to()).as("the gap is open").isEqualTo(-1);
            }
            assertThat(disk.logs).hasSize(20);
        }
    }

    /**
     * A change is on its way past capture while capture is put there, and another one of the same place is captured meanwhile; the
     * first has the last word, and leaves what the history held before.
     */
    @Test
    void aChangeOnTheFormerWayHasTheLastWord() throws Exception {
        List<Runnable> held = new CopyOnWriteArrayList<>();
        AtomicBoolean holding = new AtomicBoolean();
        UnaryOperator<BlockDevice> holder = below -> request -> {
            if (holding.get() && request.kind() == Request.Kind.DISCARD) {
                held.add(() -> below.submit(request));
            } else {
                below.submit(request);
            }
        };
        try (ProtectedDisk disk = new ProtectedDisk(2, seed, holder, ROOMY, call -> {})) {
            prepare(disk);
            FakeQueue first = disk.disk.queues().getFirst();
            FakeQueue second = disk.disk.queues().getLast();
            disk.protection.enable().get(30, TimeUnit.SECONDS);
            first.change(Request.Kind.DISCARD, 0, 4096).get(30, TimeUnit.SECONDS);
            assertReplayEqualsImage(disk);
            disk.protection.disable().get(30, TimeUnit.SECONDS);
            holding.set(true);
            var last = first.change(Request.Kind.DISCARD, 0, 4096);
            disk.await(() -> held.size() == 1);
            var enabled = disk.protection.enable();
            long before = changes(disk);
            do {
                second.change(Request.Kind.WRITE, 0, 4096).get(30, TimeUnit.SECONDS);
            } while (changes(disk) == before);
            assertThat(enabled).isNotDone();
            holding.set(false);
            first.loop().execute(held.getFirst());
            assertThat(last.get(30, TimeUnit.SECONDS)).isZero();
            enabled.get(30, TimeUnit.SECONDS);
            assertReplayEqualsImage(disk);
        }
    }

    private static long changes(ProtectedDisk disk) {
        CaptureStatistics now = disk.protection.status().capture();
        return now.changes() + now.lostChanges();
    }

    /** A store that hangs: the log is in a call and doesn't come back; commands are obeyed all the same. */
    @Test
    void aHangingLogKeepsNobodyFromPausing() throws Exception {
        CountDownLatch back = new CountDownLatch(1);
        AtomicBoolean hanging = new AtomicBoolean();
        try (ProtectedDisk disk = new ProtectedDisk(2, seed, below -> below, TIGHT, call -> {
            if (hanging.get() && !call.equals("pause")) {
                await(back);
            }
        })) {
            prepare(disk);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            hanging.set(true);
            disk.disk.sendAndWait(500); // the ring is full, changes are lost, healing hangs
            disk.protection.pause().get(10, TimeUnit.SECONDS);
            assertThat(disk.protection.status().state()).isEqualTo(ProtectionState.PAUSED);
            var resumed = disk.protection.enable(); // hangs in the log
            var again = disk.protection.pause();
            again.get(10, TimeUnit.SECONDS);
            assertThatThrownBy(() -> resumed.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(FilterException.class);
            var off = disk.protection.disable();
            disk.await(() -> disk.filters.isEmpty()); // the guest goes free at once
            assertThat(off).isNotDone();
            disk.disk.sendAndWait(100);
            hanging.set(false);
            back.countDown();
            off.get(10, TimeUnit.SECONDS);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            assertReplayEqualsImage(disk);
            assertThat(disk.disk.queues()).allMatch(queue -> queue.errors() == 0);
        } finally {
            back.countDown();
        }
    }

    /** A store that hangs while the disk is compared with it: commands are obeyed, the status tells, and it goes on when it answers. */
    @Test
    void aStoreThatHangsInTheComparisonKeepsNobodyFromAnything() throws Exception {
        CountDownLatch back = new CountDownLatch(1);
        try (ProtectedDisk disk = new ProtectedDisk(2, seed, below -> below, ROOMY, call -> {})) {
            prepare(disk);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            disk.protection.disable().get(10, TimeUnit.SECONDS);
            disk.disk.sendAndWait(100);
            disk.priorAnswers = back;
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(() -> disk.protection.status().error().orElse("").contains("can't be compared"));
            assertThat(disk.protection.status().state()).isEqualTo(ProtectionState.SYNCING);
            disk.protection.pause().get(10, TimeUnit.SECONDS);
            disk.disk.sendAndWait(100);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.disk.sendAndWait(100);
            disk.protection.disable().get(10, TimeUnit.SECONDS);
            assertThat(disk.filters).isEmpty();
            disk.disk.sendAndWait(100);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.protection.pause().get(10, TimeUnit.SECONDS);
            disk.disk.sendAndWait(100);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            assertThat(disk.protection.status().state()).isEqualTo(ProtectionState.SYNCING);
            back.countDown();
            assertReplayEqualsImage(disk);
            assertThat(disk.protection.status().error()).isEmpty();
        } finally {
            back.countDown();
        }
    }

    @Test
    void aStoreThatHangsInTheComparisonKeepsNobodyFromEnding() throws Exception {
        CountDownLatch back = new CountDownLatch(1);
        try (ProtectedDisk disk = new ProtectedDisk(2, seed, below -> below, ROOMY, call -> {})) {
            prepare(disk);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            disk.protection.disable().get(10, TimeUnit.SECONDS);
            disk.priorAnswers = back;
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            long begin = System.nanoTime();
            disk.protection.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
        } finally {
            back.countDown();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aHistoryThatFailsInAPauseIsOpenedAtItsEnd() throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        try (ProtectedDisk disk = new ProtectedDisk(2, seed, below -> below, ROOMY, call -> {
            if (broken.get()) {
                throw new IllegalStateException("store is gone");
            }
        })) {
            prepare(disk);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.await(ProtectionState.PROTECTED);
            broken.set(true);
            disk.protection.pause().get(10, TimeUnit.SECONDS);
            disk.await(() -> disk.protection.status().error().isPresent());
            disk.disk.sendAndWait(200);
            assertThat(disk.protection.status().state()).isEqualTo(ProtectionState.PAUSED);
            assertThatThrownBy(() -> disk.protection.enable().get(10, TimeUnit.SECONDS))
                    .hasRootCauseMessage("store is gone");
            assertThat(disk.protection.status().state()).isEqualTo(ProtectionState.PAUSED);
            broken.set(false);
            disk.protection.enable().get(10, TimeUnit.SECONDS);
            disk.disk.sendAndWait(200);
            assertReplayEqualsImage(disk);
        }
    }

    /** Any orders by any callers, at once, under load: what the last one says holds, and the history is right. */
    @Test
    void callersMayContradictEachOther() throws Exception {
        try (ProtectedDisk disk = new ProtectedDisk(2, seed, below -> below, ROOMY, call -> {})) {
            prepare(disk);
            for (int round = 0; round < 5; round++) {
                var load = disk.disk.send(400);
                List<Thread> callers = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    Random random = new Random(seed + round * 3 + i);
                    callers.add(Thread.startVirtualThread(() -> {
                        for (int n = 0; n < 10; n++) {
                            var _ = switch (random.nextInt(3)) {
                                case 0 -> disk.protection.enable();
                                case 1 -> disk.protection.pause();
                                default -> disk.protection.disable();
                            };
                        }
                    }));
                }
                for (Thread caller : callers) {
                    caller.join();
                }
                disk.protection.enable().get(10, TimeUnit.SECONDS);
                load.get(30, TimeUnit.SECONDS);
                disk.disk.sendAndWait(50);
                assertReplayEqualsImage(disk);
            }
            assertThat(disk.disk.queues()).allMatch(queue -> queue.errors() == 0);
        }
    }

    @Test
    void marksNeedARecording() throws Exception {
        try (ProtectedDisk disk = new ProtectedDisk(1, seed, below -> below, ROOMY, call -> {})) {
            assertThatThrownBy(() -> disk.protection.mark("x").get())
                    .cause()
                    .isInstanceOf(FilterException.class)
                    .hasMessageContaining("enable protection");
        }
    }
}
