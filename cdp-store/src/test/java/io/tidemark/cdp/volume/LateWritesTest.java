// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.History;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.WritingWorld;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.read.Damage;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.write.HistorySource;
import io.tidemark.cdp.write.HistoryWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * An agent stands still right behind one of its checks of the lease, and loses it. Another goes on with the history, writes, thins, folds
 * and packs; in the middle of that the first one goes on where it stood, and does what it was about to do. Nothing of the other's is lost.
 */
class LateWritesTest {
    private static final int ROUNDS = Integer.getInteger("tidemark.late.rounds", 12);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);

    private Path directory;

    /** In memory: what is tried is the order of things. */
    @BeforeEach
    void make() throws IOException {
        directory = Files.createTempDirectory(Path.of("/dev/shm"), "tidemark-late");
    }

    @AfterEach
    void remove() throws IOException {
        try (var all = Files.walk(directory)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    /** A lease whose holder stands still behind a check that went well. */
    private static final class PausingLease implements Lease {
        private final DirectoryPlace place;
        private final Lease lease;
        private final int last;
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private int checks;

        /** @param last the check behind which it stands still; 0 for none */
        PausingLease(DirectoryPlace place, Lease lease, int last) {
            this.place = place;
            this.lease = lease;
            this.last = last;
        }

        @Override
        public StorePlace place() throws IOException {
            lease.place();
            return new LeasedPlace(place, this);
        }

        @Override
        public void check() throws IOException {
            lease.check();
            if (isTheOne()) {
                reached.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private synchronized boolean isTheOne() {
            return ++checks == last;
        }

        synchronized int checks() {
            return checks;
        }

        @Override
        public void close() {
            lease.close();
        }
    }

    @Test
    @Timeout(300)
    void nothingOfTheNextWriterIsLost() throws Exception {
        System.out.println("late writes seed " + seed + " (-Dtidemark.seed=" + seed + " repeats it)");
        var whole = play("whole", 0);
        whole.first.join();
        int checks = whole.lease.checks();
        var pauses = new ArrayList<Integer>();
        for (int i = 1; i <= checks; i++) {
            pauses.add(i);
        }
        Collections.shuffle(pauses, random);
        int reached = 0;
        for (int pause : pauses.subList(0, Math.min(ROUNDS, checks))) {
            reached += takenOver(pause, "behind check " + pause + " of about " + checks + ", seed " + seed) ? 1 : 0;
        }
        System.out.println("late writes: " + reached + " takeovers, of about " + checks);
        // Threads take turns as they like, so the last checks are not reached in each run.
        assertThat(reached).isPositive();
    }

    /** One that writes in a thread, with a lease that stops it. */
    private record Play(
            DirectoryPlace place, PausingLease lease, WritingWorld world, Thread first, AtomicBoolean ends) {}

    private Play play(String name, int pause) throws IOException {
        var place = DirectoryPlace.at(directory.resolve(name));
        place.make("data", "meta", "packed", "layers");
        var lease = new PausingLease(place, place.take("lock").orElseThrow(), pause);
        var history = new History("vda", new UUID(1, 2), WritingWorld.DISK, lease.place());
        var opened = new AtomicBoolean();
        HistorySource source = () -> {
            if (opened.getAndSet(true)) {
                throw new StoreException(Code.IN_USE, "another has it");
            }
            return new HistorySource.Opened(history, lease);
        };
        var world = new WritingWorld(new Random(random.nextLong()));
        var ends = new AtomicBoolean();
        var first = Thread.ofPlatform().start(() -> world.write(opening(source), 60, _ -> !ends.get()));
        return new Play(place, lease, world, first, ends);
    }

    /** The same with a process that is stopped at any moment, and goes on as if nothing had been. */
    @Test
    @Timeout(300)
    void aStoppedProcessDoesNoHarmWhenItGoesOn() throws Exception {
        for (int round = 0; round < Integer.getInteger("tidemark.late.stops", 1); round++) {
            stopped(round, "round " + round + ", seed " + seed);
        }
    }

    private void stopped(int round, String what) throws Exception {
        long worldSeed = random.nextLong();
        long time = Micros.of(Instant.now()) - TimeUnit.HOURS.toMicros(8);
        var store = directory.resolve("store" + round);
        Store.openOrCreate(store);
        var agent = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Agent.class.getName(),
                        store.toString(),
                        Long.toString(worldSeed),
                        Long.toString(time))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var told = agent.inputReader()) {
            int stop = 1 + random.nextInt(60);
            long durable = 0;
            while (durable < stop) {
                durable = Long.parseLong(told.readLine());
            }
            LockSupport.parkNanos(random.nextLong(20_000_000));
            signal("-STOP", agent);
            var home = store.resolve("disks/vda");
            Files.delete(home.resolve("lock"));
            Files.deleteIfExists(home.resolve("pins/gate.lock"));
            var next = new WritingWorld(new Random(worldSeed), time);
            next.imagine(200);
            next.write(opening(store), 40, change -> {
                if (change == 26) {
                    signal("-CONT", agent);
                }
                return true;
            });
            long end = next.begin();
            assertThat(end).as(what).isGreaterThanOrEqualTo(durable);
            // By itself, or while it waits for its keeper, which tries again and again.
            if (!agent.waitFor(10, TimeUnit.SECONDS)) {
                signal("-KILL", agent); // not destroy(), which closes what is still to be read
                agent.waitFor();
            }
            for (var line = told.readLine(); line != null; line = told.readLine()) {
                // What it told before it was stopped.
                assertThat(Long.parseLong(line)).as(what).isLessThanOrEqualTo(end);
            }
            next.write(opening(store), 5, _ -> true);
            isWhole(Store.open(store).history("vda"), next, what);
        } finally {
            agent.destroyForcibly();
        }
    }

    private static Supplier<HistoryWriter> opening(HistorySource source) {
        return () -> HistoryWriter.open(source, WritingWorld.OPTIONS, Optional.empty());
    }

    private static Supplier<HistoryWriter> opening(Path store) {
        return () -> Store.open(store).write("vda", WritingWorld.DISK, WritingWorld.OPTIONS);
    }

    /** The process that is stopped: tells what is durable. */
    static final class Agent {
        private Agent() {}

        /** Arguments: the store, the seed, the time of the beginning. */
        public static void main(String[] arguments) {
            var world = new WritingWorld(new Random(Long.parseLong(arguments[1])), Long.parseLong(arguments[2]));
            world.write(opening(Path.of(arguments[0])), Integer.MAX_VALUE, _ -> {
                System.out.println(world.durable());
                return true;
            });
        }
    }

    private static void signal(String signal, Process process) {
        try {
            assertThat(new ProcessBuilder("kill", signal, Long.toString(process.pid()))
                            .start()
                            .waitFor())
                    .isZero();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean takenOver(int pause, String what) throws Exception {
        var play = play("pause" + pause, pause);
        while (!play.lease.reached.await(10, TimeUnit.MILLISECONDS)) {
            if (!play.first.isAlive()) {
                return false;
            }
        }
        long durable = play.world.durable();
        // As a server does that hasn't heard of a host for long.
        Files.delete(directory.resolve("pause" + pause + "/lock"));
        Files.deleteIfExists(directory.resolve("pause" + pause + "/pins/gate.lock"));
        try (var lease = play.place.take("lock").orElseThrow()) {
            var next = play.world.copy();
            var history = new History("vda", new UUID(1, 2), WritingWorld.DISK, lease.place());
            HistorySource source = () -> new HistorySource.Opened(history, uncloseable(lease));
            next.write(opening(source), 25, _ -> true);
            assertThat(next.begin()).as(what).isGreaterThanOrEqualTo(durable);
            play.ends.set(true);
            play.lease.goOn.countDown();
            next.write(opening(source), 15, _ -> true);
            // It may wait for its keeper, which tries again and again.
            play.first.interrupt();
            play.first.join();
            next.write(opening(source), 5, _ -> true);
            assertThat(play.world.durable()).as(what).isLessThanOrEqualTo(next.begin());
            isWhole(new History("vda", new UUID(1, 2), WritingWorld.DISK, play.place), next, what);
        }
        return true;
    }

    private static Lease uncloseable(Lease lease) {
        return new Lease() {
            @Override
            public StorePlace place() throws IOException {
                return lease.place();
            }

            @Override
            public void check() throws IOException {
                lease.check();
            }

            @Override
            public void close() {}
        };
    }

    private static void isWhole(History history, WritingWorld world, String what) {
        assertThat(Verify.run(history, false, (_, _) -> {}).damage().stream().filter(found -> !found.torn()))
                .as(what)
                .isEmpty();
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.damage().stream().filter(damage -> !damage.torn()).map(Damage::reason))
                    .as(what)
                    .isEmpty();
            assertThat(reader.position()).as(what).isEqualTo(world.position());
            int found = 0;
            for (int number = 0; number <= world.position(); number++) {
                var checksum = checksum(reader, number);
                if (checksum.isPresent()) {
                    found++;
                    assertThat(checksum.get()).as(what + ", write " + number).isEqualTo(world.checksum(number));
                }
            }
            // Those of the last writer at the least.
            assertThat(found).as(what).isGreaterThan(20);
        }
    }

    private static Optional<Long> checksum(HistoryReader reader, int number) {
        try (var view = reader.view(reader.resolve(new Point.WriteNumber(number)))) {
            return Optional.of(WritingWorld.checksum(view));
        } catch (StoreException e) {
            assertThat(e.code()).isIn(Code.NOT_RESTORABLE, Code.BEYOND, Code.NOT_FOUND);
            return Optional.empty();
        }
    }
}
