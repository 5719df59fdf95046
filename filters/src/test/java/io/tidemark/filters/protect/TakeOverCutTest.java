// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.tidemark.disk.Extent;
import io.tidemark.disk.Request;
import io.tidemark.filters.FakeQueue;
import io.tidemark.filters.PowerImage;
import io.tidemark.filters.capture.CaptureLimits;
import io.tidemark.filters.capture.Durability;
import io.tidemark.filters.capture.WriteClock;
import io.tidemark.filters.intent.CrashFile;
import io.tidemark.filters.intent.IntentIdentity;
import io.tidemark.filters.intent.IntentMap;
import io.tidemark.filters.intent.StableFile;
import io.tidemark.filters.intent.SteppedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A disk's history goes from one process to the next, while its guest writes. Behind each step of that (of the map's file, the history,
 * the guest) the process is killed, or the power goes, and image and map lose what they had not flushed, the older of it or the newer.
 * Whoever starts then must end with a history that equals the disk.
 */
@Timeout(120)
class TakeOverCutTest {
    private static final int REGION = 4 << 20;
    private static final int REGIONS = 5;
    private static final int GROWN = (REGIONS + 1) * REGION;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

    /** A small change finds room, one of a block doesn't. */
    private static final CaptureLimits LIMITS = new CaptureLimits(32 << 10, 64);

    private static final int SMALL = 4096;
    private static final int BLOCK = HeldHistory.BLOCK;

    /** So long that nobody closes a region, or so short that it is done all the time. */
    private static final Duration NEVER = Duration.ofHours(1);

    private static final Duration ALWAYS = Duration.ofMillis(1);
    private static final int HEIR = 5;
    private static final int NEXT_HEIR = 6;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final PowerImage image = new PowerImage(withOldBytesBehindItsEnd(), seed);
    private final HeldHistory history = new HeldHistory(GROWN, this::cut);
    private final CrashFile map = new CrashFile();
    private final List<Agent> agents = new ArrayList<>();
    private final List<Cut> cuts = new ArrayList<>();
    private final Set<Integer> known = new HashSet<>();
    private volatile int capacity = REGIONS * REGION;
    private volatile boolean cutting;

    /** What is left behind a step. Blocks of zeros are null. */
    private record Cut(String behind, int capacity, byte[][] disk, HeldHistory history, CrashFile map) {}

    private static byte[] withOldBytesBehindItsEnd() {
        byte[] content = new byte[GROWN];
        content[GROWN - BLOCK] = 1;
        return content;
    }

    /** A process that serves the disk, or is about to. */
    private final class Agent {
        final FakeQueue queue = new FakeQueue("q0", 4, seed, image, UnaryOperator.identity());
        final SteppedFile file = new SteppedFile(map, TakeOverCutTest.this::cut);
        final Protection protection;
        volatile Runnable beforeCapture = () -> {};
        volatile boolean flowing = true;
        volatile boolean storeFails;

        /** Once. */
        volatile boolean mapFails;

        Agent(Duration round) {
            protection = protection(
                    round,
                    filters -> {
                        if (!filters.isEmpty()) {
                            beforeCapture.run();
                        }
                        return queue.filters(filters);
                    },
                    () -> {
                        if (storeFails) {
                            throw new IllegalStateException("no store");
                        }
                        return history.open(new Held(this));
                    },
                    () -> {
                        if (mapFails) {
                            mapFails = false;
                            throw new IOException("not to be read");
                        }
                        return file;
                    },
                    reader(image, () -> capacity));
            agents.add(this);
        }

        CompletableFuture<Integer> send(int region, int length) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, queue.source(), 0, length);
            long offset = (long) region * REGION + random.nextInt(8) * BLOCK;
            return queue.change(Request.Kind.WRITE, offset, length);
        }

        void change(int region, int length) {
            assertThat(send(region, length).join()).isZero();
            cut("the guest's change of region " + region);
        }

        void change(int region) {
            change(region, SMALL);
        }

        NotedChanges note() {
            NotedChanges notes = new NotedChanges();
            queue.filters(List.of(notes)).join();
            return notes;
        }

        void await(ProtectionState state) {
            TakeOverCutTest.this.await(() -> protection.status().state() == state);
        }

        long compared() {
            return protection.status().syncBytes();
        }
    }

    private interface Place {
        StableFile open() throws IOException;
    }

    private record Held(Agent agent) implements Delivery {
        @Override
        public boolean isFlowing() {
            return agent.flowing;
        }

        @Override
        public boolean isCaughtUp() {
            return true;
        }

        @Override
        public boolean isInTrouble() {
            return false;
        }

        @Override
        public void giveUp() {}
    }

    private static Protection protection(
            Duration round, FilterSwitch loops, Supplier<OpenLog> opener, Place place, DiskReader reader) {
        return new Protection(
                "vda",
                loops,
                reader,
                opener,
                new WriteClock(System::nanoTime, Clock.systemUTC()),
                new ProtectionLimits(
                        LIMITS,
                        Duration.ofMillis(20),
                        Duration.ofMillis(1),
                        Duration.ofMillis(20),
                        round,
                        Durability.ASYNC),
                Optional.of(new OpenIntent() {
                    @Override
                    public IntentMap open(Session session, long size, int heir) throws IOException {
                        return IntentMap.open(
                                new IntentIdentity("vda", "memory", size, session.history()),
                                place.open(),
                                session.former(),
                                image(),
                                heir);
                    }

                    @Override
                    public void forget() throws IOException {
                        place.open().delete();
                    }

                    @Override
                    public String image() {
                        return "";
                    }
                }));
    }

    private static DiskReader reader(PowerImage image, IntSupplier capacity) {
        return new DiskReader() {
            @Override
            public long capacity() {
                return capacity.getAsInt();
            }

            @Override
            public Extent extentAt(long offset) {
                return new Extent(offset, capacity.getAsInt() - offset, Extent.Sort.DATA);
            }

            @Override
            public void read(long offset, MemorySegment into) {
                image.read(offset, into);
            }

            @Override
            public void flush() {
                image.flush();
            }
        };
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within patience");
            }
            LockSupport.parkNanos(50_000);
        }
    }

    /** Picks the oldest or the newest, as the next bit of a number says. */
    private static Random picks(int bits) {
        return new Random() {
            private int left = bits;

            @Override
            public int nextInt(int bound) {
                boolean newest = (left & 1) != 0;
                left >>= 1;
                return newest ? bound - 1 : 0;
            }
        };
    }

    /** All that the end of the process, or of the power, may leave at this moment. */
    private void cut(String behind) {
        if (!cutting) {
            return;
        }
        synchronized (image) {
            synchronized (map) {
                synchronized (history) {
                    byte[][] newest = sparse(image.content());
                    byte[][] oldest = sparse(image.crashed(picks(0)));
                    add(behind + ", killed", newest, map.killed());
                    for (int sectors = 0; sectors < 4; sectors++) {
                        add(behind + ", power cut " + sectors, newest, map.crashed(picks(sectors)));
                        add(behind + ", power cut " + sectors, oldest, map.crashed(picks(sectors)));
                    }
                }
            }
        }
    }

    private void add(String behind, byte[][] disk, CrashFile left) {
        ByteBuffer bytes = ByteBuffer.allocate((int) left.size());
        left.read(0, bytes);
        boolean isNew = known.add(Arrays.deepHashCode(
                new Object[] {capacity, disk, bytes.array(), history.content(), history.session()}));
        if (isNew) {
            cuts.add(new Cut(behind, capacity, disk, history.copy(), left));
        }
    }

    private static byte[][] sparse(byte[] disk) {
        byte[][] blocks = new byte[disk.length / BLOCK][];
        byte[] zeros = new byte[BLOCK];
        for (int i = 0; i < blocks.length; i++) {
            if (!Arrays.equals(disk, i * BLOCK, (i + 1) * BLOCK, zeros, 0, BLOCK)) {
                blocks[i] = Arrays.copyOfRange(disk, i * BLOCK, (i + 1) * BLOCK);
            }
        }
        return blocks;
    }

    private static byte[] whole(byte[][] blocks) {
        byte[] disk = new byte[blocks.length * BLOCK];
        for (int i = 0; i < blocks.length; i++) {
            if (blocks[i] != null) {
                System.arraycopy(blocks[i], 0, disk, i * BLOCK, BLOCK);
            }
        }
        return disk;
    }

    /** Starts behind each cut. @return of those, how much was compared at the least and at the most */
    private long[] startBehindAll() {
        cutting = false;
        long least = Long.MAX_VALUE;
        long most = 0;
        for (Cut cut : cuts) {
            PowerImage left = new PowerImage(whole(cut.disk), seed);
            Protection next = protection(
                    NEVER,
                    filters -> CompletableFuture.completedFuture(null),
                    () -> cut.history.open(Delivery.AT_ONCE),
                    () -> cut.map,
                    reader(left, () -> cut.capacity));
            next.enable().join();
            await(() -> next.status().state() == ProtectionState.PROTECTED);
            long compared = next.status().syncBytes();
            next.close();
            assertThat(difference(cut.history, cut.disk, cut.capacity))
                    .as(
                            "where history and disk differ behind %s, %d bytes compared, seed %d",
                            cut.behind, compared, seed)
                    .isEqualTo(-1);
            least = Math.min(least, compared);
            most = Math.max(most, compared);
        }
        System.out.printf("%d starts, %d to %d KiB compared%n", cuts.size(), least >> 10, most >> 10);
        return new long[] {least, most};
    }

    /** @return the first block that isn't the same, or -1 */
    private static int difference(HeldHistory history, byte[][] disk, int capacity) {
        byte[][] held = history.content();
        for (int i = 0; i < capacity / BLOCK; i++) {
            if (!Arrays.equals(held[i], disk[i])) {
                return i;
            }
        }
        return -1;
    }

    private void assertEqual() {
        await(() -> agents.getLast().protection.position().join() >= 0);
        assertThat(difference(history, sparse(image.content()), capacity))
                .as("seed %d", seed)
                .isEqualTo(-1);
    }

    @AfterEach
    void close() {
        agents.forEach(agent -> {
            agent.protection.close();
            agent.queue.close();
        });
    }

    /** One whose map names region 0 alone, which the image has not flushed. */
    private Agent old() {
        Agent first = new Agent(NEVER);
        first.protection.enable().join();
        first.await(ProtectionState.PROTECTED);
        first.protection.close();
        Agent old = new Agent(NEVER);
        old.protection.enable().join();
        old.await(ProtectionState.PROTECTED);
        assertThat(old.compared()).isZero();
        cutting = true;
        old.change(0);
        return old;
    }

    /** Until another one has it. */
    private Agent give(Agent old, int number) {
        old.protection.shared(true);
        cut("the old one shares it");
        Agent heir = new Agent(ALWAYS);
        heir.protection.inherit(heir.note(), number);
        old.protection.handedOver(number);
        heir.change(1);
        return heir;
    }

    private void end(Agent old, Agent heir) {
        old.protection.close();
        cut("the old one's end");
        heir.change(2);
    }

    /** It captures now, but has not read anything yet. */
    private void begin(Agent heir) {
        heir.flowing = false;
        List<CompletableFuture<Integer>> late = new ArrayList<>();
        heir.beforeCapture = () -> {
            if (late.isEmpty()) {
                late.add(heir.send(3, SMALL));
            }
        };
        heir.protection.enable().join();
        assertThat(late.getFirst().join()).isZero();
        cut("the heir's beginning");
    }

    private void finish(Agent heir) {
        heir.flowing = true;
        heir.await(ProtectionState.PROTECTED);
        assertEqual();
        heir.change(1);
        heir.change(4);
        assertEqual();
        heir.protection.close();
        cut("the heir's end");
    }

    enum Meanwhile {
        NOTHING,
        LOSS,
        PAUSE,
        OFF,
        A_HAND_OVER_THAT_FAILS,
        ANOTHER_HEIR,
        ANOTHER_SIZE
    }

    /** What may happen to an heir before its map is believed. */
    @ParameterizedTest
    @EnumSource(Meanwhile.class)
    void nothingIsMissedBehindAnyStep(Meanwhile meanwhile) {
        Agent old = old();
        Agent heir = give(old, HEIR);
        end(old, heir);
        begin(heir);
        switch (meanwhile) {
            case NOTHING -> {}
            case LOSS -> {
                heir.change(4, BLOCK);
                heir.await(ProtectionState.DEGRADED);
                heir.change(4);
            }
            case PAUSE -> {
                heir.protection.pause().join();
                heir.change(4);
                heir.flowing = true;
                heir.protection.enable().join();
            }
            case OFF -> {
                heir.protection.disable().join();
                heir.change(4);
                heir.protection.enable().join();
            }
            case A_HAND_OVER_THAT_FAILS -> {
                heir.protection.shared(true);
                heir.protection.shared(false);
                cut("a hand-over that has failed");
                heir.protection.shared(true);
                heir.flowing = true;
                heir.await(ProtectionState.PROTECTED);
                heir.protection.shared(false);
            }
            case ANOTHER_HEIR -> {
                Agent next = give(heir, NEXT_HEIR);
                end(heir, next);
                begin(next);
                heir = next;
            }
            case ANOTHER_SIZE -> grow(heir);
        }
        finish(heir);
        long[] compared = startBehindAll();
        assertThat(compared[0]).isZero();
        assertThat(compared[1]).isEqualTo(capacity);
    }

    private void grow(Agent agent) {
        capacity = GROWN;
        agent.protection.standBy().join();
        agent.change(REGIONS);
        begin(agent);
    }

    /** It is compared with what the old one's map names, and what was noted: regions 1, 2 and 3 in part. */
    @Test
    void onlyWhatMayDifferIsCompared() {
        Agent old = old();
        Agent heir = give(old, HEIR);
        end(old, heir);
        begin(heir);
        finish(heir);
        assertThat(heir.compared()).isBetween(3L * BLOCK, 4L * BLOCK);
    }

    /** What the old one had not recorded its map names. */
    @Test
    void thePausedMayBeHandedOverAndStaySo() {
        Agent old = old();
        old.protection.pause().join();
        old.change(0);
        Agent heir = give(old, HEIR);
        end(old, heir);
        heir.protection.pause().join();
        heir.change(4);
        begin(heir);
        finish(heir);
        assertThat(heir.compared()).isBetween(REGION + 4L * BLOCK, REGION + 5L * BLOCK);
        startBehindAll();
    }

    /** The one in between has noted what nobody else knows of. */
    @Test
    void anHeirThatNeverBeganLeavesNothingToItsOwn() {
        Agent old = old();
        Agent between = give(old, HEIR);
        end(old, between);
        between.protection.pause().join();
        between.change(4);
        Agent heir = give(between, NEXT_HEIR);
        end(between, heir);
        begin(heir);
        finish(heir);
        assertThat(heir.compared()).isGreaterThanOrEqualTo(capacity);
        startBehindAll();
    }

    /** It dies behind so many steps of leaving the map. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void anOldOneMayDieWhileItLeaves(int steps) {
        Agent old = old();
        Agent heir = give(old, HEIR);
        old.file.dieAfter(steps);
        end(old, heir);
        assertThat(old.file.isDead()).isTrue();
        begin(heir);
        finish(heir);
        if (steps == 4) {
            assertThat(heir.compared()).isLessThan(REGION);
        } else if (steps < 3) {
            assertThat(heir.compared()).isGreaterThanOrEqualTo(capacity);
        }
        startBehindAll();
    }

    @Test
    void nothingIsBelievedThatIsPassedBy() {
        Agent agent = old();
        agent.protection.disable().join();
        agent.change(2);
        agent.protection.enable().join();
        agent.await(ProtectionState.PROTECTED);
        assertEqual();
        agent.protection.close();
        cut("its end");
        startBehindAll();
    }

    /** It notes nothing any more then. */
    @Test
    void anHeirWhoseStoreIsAwayKnowsNothing() {
        Agent old = old();
        Agent heir = give(old, HEIR);
        end(old, heir);
        heir.storeFails = true;
        assertThat(heir.protection.enable()).failsWithin(Duration.ofSeconds(30));
        heir.change(4);
        heir.flowing = false;
        heir.storeFails = false;
        heir.protection.enable().join();
        finish(heir);
        assertThat(heir.compared()).isGreaterThanOrEqualTo(capacity);
        startBehindAll();
    }

    /** The history may come to lose all that is written without it: then nothing must say that it had been there. */
    @Test
    void aMapThatCantBeOpenedIsNotBelievedLater() {
        Agent old = old();
        cutting = false;
        old.file.dieAfter(0);
        HeldHistory before = history.copy();
        Agent blind = new Agent(ALWAYS);
        blind.mapFails = true;
        blind.protection.enable().join();
        blind.await(ProtectionState.PROTECTED);
        blind.change(2);
        cuts.clear();
        cuts.add(new Cut("a loss of the store's last", capacity, sparse(image.content()), before, map.killed()));
        startBehindAll();
    }

    /** While nothing is captured it is noted; what the map had named, and what was added, is compared. */
    @Test
    void aLargerDiskIsComparedWhereItMayDiffer() {
        Agent agent = old();
        agent.protection.pause().join();
        agent.change(0);
        grow(agent);
        finish(agent);
        assertThat(agent.compared()).isBetween(2L * REGION, 2L * REGION + 3L * BLOCK);
        startBehindAll();
    }

    /** A map that never learns that another process may change the disk would be believed. */
    @Test
    void aDiskWhoseMapCantBeToldIsNotGivenAway() throws Exception {
        Agent old = old();
        map.readOnly(false);
        assertThat(catchThrowable(() -> old.protection.shared(true)))
                .hasMessageContaining("can't be given away because its intent map can't be written");
    }
}
