// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.PastView;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.volume.MemoryPlace;
import io.tidemark.cdp.volume.MemoryVolume;
import io.tidemark.cdp.write.WriterOptions;
import io.tidemark.disk.Filter;
import io.tidemark.filters.PowerImage;
import io.tidemark.filters.capture.CaptureLimits;
import io.tidemark.filters.capture.Durability;
import io.tidemark.filters.capture.WriteClock;
import io.tidemark.filters.intent.CrashFile;
import io.tidemark.filters.intent.IntentIdentity;
import io.tidemark.filters.intent.IntentMap;
import io.tidemark.filters.protect.NotedChanges;
import io.tidemark.filters.protect.OpenIntent;
import io.tidemark.filters.protect.OpenLog;
import io.tidemark.filters.protect.Protection;
import io.tidemark.filters.protect.ProtectionLimits;
import io.tidemark.filters.protect.ProtectionState;
import io.tidemark.filters.protect.Session;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The power goes while a guest writes: image, store and intent map each lose any of what they had not flushed. Then the disk
 * starts again.
 */
class PowerCutTest {
    private static final int CUTS = Integer.getInteger("tidemark.cuts", 8);
    private static final int CAPACITY = 32 << 20;
    private static final int STRETCHES = CAPACITY / StampedBlocks.BLOCK / CutQueue.STRETCH;
    private static final int QUEUES = 2;
    private static final int HEIR = 5;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
    private static final WriterOptions OPTIONS =
            WriterOptions.DEFAULT.withSegments(1 << 20, 256 << 10).withCommitInterval(Duration.ofMillis(5));
    private static final ProtectionLimits LIMITS = new ProtectionLimits(
            new CaptureLimits(1 << 20, 1024),
            Duration.ofMillis(50),
            Duration.ofMillis(5),
            Duration.ofMillis(100),
            Duration.ofMillis(40),
            Durability.FLUSH);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final StampedBlocks blocks = new StampedBlocks(CAPACITY / StampedBlocks.BLOCK);

    private PowerImage image = new PowerImage(new byte[CAPACITY], seed);
    private MemoryPlace place = new MemoryPlace();
    private CrashFile map = new CrashFile();
    private long compared;
    private int held;

    /** A disk under protection, from one start to its end. */
    private final class Run {
        final List<CutQueue> queues = new ArrayList<>();
        final List<TeeLog> logs = new ArrayList<>();
        final Protection protection;

        Run() {
            this(List.of());
            protection.enable().join();
        }

        /** Yet without a history: what stands before its queues says where they change something. */
        Run(NotedChanges notes) {
            this(List.of(notes));
            protection.inherit(notes, HEIR);
        }

        private Run(List<Filter> first) {
            for (int i = 0; i < QUEUES; i++) {
                queues.add(new CutQueue(image, blocks, i, QUEUES, random.nextLong()));
            }
            Store store = Store.openOrCreate(place);
            CrashFile file = map;
            WriteClock clock = new WriteClock(System::nanoTime, Clock.systemUTC());
            protection = new Protection(
                    "vda",
                    filters -> CompletableFuture.allOf(
                            queues.stream().map(queue -> queue.filters(filters)).toArray(CompletableFuture[]::new)),
                    image,
                    () -> tee(StoreHistory.open(store, "vda", store.write("vda", CAPACITY, OPTIONS), clock)),
                    clock,
                    LIMITS,
                    Optional.of(new OpenIntent() {
                        @Override
                        public IntentMap open(Session session, long capacity, int heir) throws IOException {
                            return IntentMap.open(
                                    new IntentIdentity("vda", "memory", capacity, session.history()),
                                    file,
                                    session.former(),
                                    "",
                                    heir);
                        }

                        @Override
                        public void forget() throws IOException {
                            file.write(0, ByteBuffer.allocate(512));
                            file.sync();
                        }

                        @Override
                        public String image() {
                            return "";
                        }
                    }));
            queues.forEach(queue -> queue.filters(first).join());
        }

        private OpenLog tee(OpenLog log) {
            MemorySegment held = Arena.ofAuto().allocate(CAPACITY, 4096);
            log.prior().ifPresent(prior -> assertThat(prior.read(0, held)).isTrue());
            TeeLog tee = new TeeLog(log.log(), held.toArray(ValueLayout.JAVA_BYTE));
            logs.add(tee);
            return new OpenLog(tee, log.prior(), log.fresh(), log.session(), log.delivery(), log.end());
        }

        void work(int requests) {
            queues.forEach(CutQueue::start);
            for (int part = 0; part < requests; part += 400) {
                queues.forEach(queue -> queue.moveTo(random.nextInt(STRETCHES)));
                long[] enough = queues.stream()
                        .mapToLong(queue -> queue.completed.get() + 400)
                        .toArray();
                await(() -> IntStream.range(0, QUEUES)
                        .allMatch(i -> queues.get(i).completed.get() >= enough[i]));
            }
        }

        void awaitProtected() {
            await(() -> protection.status().state() == ProtectionState.PROTECTED);
        }

        void end() {
            queues.forEach(queue -> queue.stop().join());
            protection.close();
            queues.forEach(CutQueue::close);
        }
    }

    private void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within patience; -Dtidemark.seed=" + seed);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    @Test
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void nothingThatWasFlushedIsMissedAndEveryDifferenceIsInAGap() throws IOException {
        System.out.println("-Dtidemark.seed=" + seed);
        Run first = new Run();
        first.awaitProtected();
        first.end();
        for (int cut = 0; cut < CUTS; cut++) {
            Run run = new Run();
            if (random.nextInt(4) != 0) {
                run.awaitProtected();
            }
            run.work(400 * (1 + random.nextInt(6)));
            if (random.nextBoolean()) {
                run.awaitProtected();
            }
            List<Run> running = random.nextBoolean() ? List.of(run) : handOver(run, 1 + random.nextInt(4));
            cut(running, cut);
            resynchronise(running);
        }
        System.out.printf(
                "%d cuts, %d %% of the disk compared at each start behind one, %d states looked at%n",
                CUTS, 100 * compared / CAPACITY / CUTS, held);
        assertThat(compared).as("bytes compared").isLessThan((long) CUTS * CAPACITY);
    }

    /**
     * Another process goes on with the disk, and comes so far.
     *
     * @return the processes that are there, the former first
     */
    private List<Run> handOver(Run run, int steps) {
        run.protection.shared(true);
        run.queues.forEach(queue -> queue.stop().join());
        run.protection.handedOver(HEIR);
        Run heir = new Run(new NotedChanges());
        List<Run> both = List.of(run, heir);
        heir.work(400);
        if (steps > 1) {
            run.protection.close();
        }
        if (steps > 2) {
            heir.protection.enable().join();
            heir.work(400 * random.nextInt(3));
        }
        if (steps > 3) {
            heir.awaitProtected();
            heir.work(400);
        }
        return both;
    }

    /** Everything at one instant; what goes on beside doesn't count any more. */
    private void cut(List<Run> running, int number) {
        int[] flushed = blocks.flushed(); // acknowledged by now: earlier than the cut
        boolean killed = number % 5 == 4;
        byte[][] left = new byte[1][];
        MemoryPlace[] store = new MemoryPlace[1];
        CrashFile[] file = new CrashFile[1];
        synchronized (image) {
            synchronized (map) {
                place.frozen(() -> {
                    left[0] = killed ? image.content() : image.crashed(random);
                    file[0] = killed ? map.killed() : map.crashed(random);
                    store[0] = place.copy(volume ->
                            killed ? ((MemoryVolume) volume).killed() : ((MemoryVolume) volume).crashed(random));
                });
            }
        }
        int[] sent = blocks.sent();
        running.forEach(Run::end);
        blocks.cut(flushed);
        image = new PowerImage(left[0], random.nextLong());
        map = file[0];
        place = store[0];
        assertThat(blocks.check(left[0], flushed, sent))
                .as("the disk after cut %d, seed %d", number, seed)
                .isEmpty();
    }

    private void resynchronise(List<Run> before) throws IOException {
        Run next = new Run();
        next.awaitProtected();
        compared += next.protection.status().syncBytes();
        next.end();
        Store store = Store.open(place);
        try (HistoryReader reader = store.read("vda")) {
            assertThat(content(reader, new Point.Latest()))
                    .as("the history's end, seed %d", seed)
                    .isEqualTo(image.content());
            assertThat(reader.gaps()).as("gaps, seed %d", seed).noneMatch(Gap::isOpen);
            // One that was open when the power went says why it had begun.
            assertThat(reader.gaps().getLast().to())
                    .as("the end of the last gap, seed %d", seed)
                    .isEqualTo(reader.position());
            checkStates(reader, before, next.logs.getFirst());
        }
        assertThat(Verify.run(store.history("vda"), false, (done, total) -> {}).isDamaged())
                .as("seed %d", seed)
                .isFalse();
    }

    /** What the history kept of a run: any of its states is what was recorded then. */
    private void checkStates(HistoryReader reader, List<Run> before, TeeLog last) {
        List<TeeLog> logs = new ArrayList<>();
        before.forEach(run -> logs.addAll(run.logs));
        logs.add(last);
        for (int i = 0; i + 1 < logs.size(); i++) {
            TeeLog log = logs.get(i);
            List<TeeLog> behind = logs.subList(i + 1, logs.size());
            long end = behind.getFirst().before;
            for (int k = 0; k < 3 && end > log.before; k++) {
                checkState(reader, log, log.before + 1 + random.nextLong(end - log.before), behind);
            }
            if (end > log.before) {
                checkState(reader, log, end, behind);
            }
        }
    }

    private void checkState(HistoryReader reader, TeeLog log, long number, List<TeeLog> behind) {
        if (log.memory.syncs.stream().anyMatch(sync -> sync.position() == number - log.before)) {
            return; // the state may be the one before a gap that begins there
        }
        byte[] found;
        try {
            found = content(reader, new Point.WriteNumber(number));
        } catch (StoreException e) {
            assertThat(e.code()).isEqualTo(StoreException.Code.NOT_RESTORABLE);
            return;
        }
        held++;
        // Behind the last one that was kept a gap begins: likewise, and a log that follows tells what was read in it.
        if (behind.stream().anyMatch(next -> number == next.before && Arrays.equals(found, next.memory.replay(0)))) {
            return;
        }
        byte[] expected = log.memory.replay(number - log.before);
        int wrong = Arrays.mismatch(found, expected);
        assertThat(wrong)
                .as(() -> "first byte of the state at %d that isn't as recorded, %s"
                        .formatted(number, story(reader, log, number, found, expected, wrong)))
                .isEqualTo(-1);
    }

    private String story(HistoryReader reader, TeeLog log, long number, byte[] found, byte[] expected, int wrong) {
        long changes = log.memory.changes.stream()
                .filter(change -> change.number() <= number - log.before)
                .filter(change -> change.offset() <= wrong && wrong < change.offset() + change.length())
                .mapToLong(change -> log.before + change.number())
                .max()
                .orElse(-1);
        List<Long> syncs = log.memory.syncs.stream()
                .filter(sync -> sync.offset() <= wrong && wrong < sync.offset() + sync.length())
                .map(sync -> log.before + sync.position())
                .toList();
        return "stamp %x, expected %x, changed last by %d, read at %s, log from %d on with gaps %s, gaps %s, seed %d"
                .formatted(
                        stamp(found, wrong),
                        stamp(expected, wrong),
                        changes,
                        syncs,
                        log.before,
                        log.memory.gaps,
                        reader.gaps(),
                        seed);
    }

    private static long stamp(byte[] disk, int at) {
        return MemorySegment.ofArray(disk).get(ValueLayout.JAVA_LONG_UNALIGNED, at & -8L);
    }

    private static byte[] content(HistoryReader reader, Point point) {
        MemorySegment into = Arena.ofAuto().allocate(CAPACITY, 4096);
        try (PastView view = reader.view(reader.resolve(point))) {
            view.read(0, into);
        }
        return into.toArray(ValueLayout.JAVA_BYTE);
    }
}
