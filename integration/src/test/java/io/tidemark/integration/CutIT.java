// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.config.ProtectionWish;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.status.CutStatus;
import io.tidemark.agent.status.ProtectionStatus.State;
import io.tidemark.cdp.read.Point;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.blkio.BlkioQueue;
import io.tidemark.integration.cli.StoredDisk;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.process.Await;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Marks over two disks under load. A client writes 1, 2, 3 … to disk A and then to disk B, each when the one before is complete:
 * so at no mark and at no time B is ahead of A, nor A by more than one.
 */
class CutIT extends LabTest {
    private static final long BYTES = 32L << 20;
    private static final int CUTS = Integer.getInteger("tidemark.cuts", 100);
    private static final int DEPTH = 16;

    /** By so much a cut may lengthen the longest wait of a client, in the median; and by half of what it is, of a machine that does other things too. */
    private static final long MOST_NANOS = 1_000_000;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicLong number = new AtomicLong();

    private final List<CutStatus> cuts = new ArrayList<>();

    /** How long each cut took, the longest wait of the client during it, and in as long a time without. */
    private final List<Long> length = new ArrayList<>();

    private final List<Long> with = new ArrayList<>();
    private final List<Long> without = new ArrayList<>();

    /** The longest that the client has waited for a write, since this was taken last. */
    private final LongAccumulator longestWait = new LongAccumulator(Math::max, 0);

    private ServedDisk disk(String id) {
        return new ServedDisk(id, newImage(BYTES), folder.resolve(id + ".sock"), 2, false, Optional.of(store()));
    }

    private static void awaitProtected(ControlClient client) {
        Await.until(
                "both disks protected",
                Duration.ofSeconds(60),
                () -> client.disks().stream().allMatch(disk -> disk.protection().state() == State.PROTECTED));
    }

    private static void awaitDurable(ControlClient client) {
        awaitProtected(client);
        Await.until(
                "both histories durable",
                Duration.ofSeconds(60),
                () -> client.disks().stream()
                        .allMatch(disk -> disk.protection().lagWrites() == 0
                                && disk.protection().lagMicros() == 0));
    }

    private void countOn(BlkioDisk a, BlkioDisk b) {
        MemorySegment onA = a.allocate(512);
        MemorySegment onB = b.allocate(512);
        while (!stop.get()) {
            long next = number.incrementAndGet();
            write(a.queue(0), onA, next);
            write(b.queue(0), onB, next);
        }
    }

    private void write(BlkioQueue queue, MemorySegment from, long value) {
        long begin = System.nanoTime();
        from.set(JAVA_LONG, 0, value);
        queue.write(0, from.address(), 512, 0);
        while (queue.submitAndReap(1) == 0) {
            Thread.onSpinWait();
        }
        if (queue.result(0) != 0) {
            throw new AssertionError("a write failed with errno " + -queue.result(0));
        }
        longestWait.accumulate(System.nanoTime() - begin);
    }

    /** In as long a time, what the question alone costs: two cores are full, and whoever asks and answers wants one. */
    private static void askInstead(ControlClient client, long nanos) {
        long begin = System.nanoTime();
        assertThat(client.disks()).hasSize(2);
        LockSupport.parkNanos(nanos - (System.nanoTime() - begin));
    }

    /** Two more writes on each disk. */
    private void awaitMore() {
        long before = number.get();
        Await.until("a client that goes on", Duration.ofSeconds(30), () -> number.get() > before + 2);
    }

    /** Writes all over the disk but the first megabyte, several at a time. */
    private void load(BlkioDisk disk, Random random) {
        BlkioQueue queue = disk.queue(1);
        MemorySegment from = disk.allocate(4096L * DEPTH);
        for (int i = 0; i < DEPTH; i++) {
            submit(queue, from, i, random);
        }
        for (int inFlight = DEPTH; inFlight > 0; ) {
            int done = queue.submitAndReap(1);
            for (int i = 0; i < done; i++) {
                if (queue.result(i) != 0) {
                    throw new AssertionError("a write failed with errno " + -queue.result(i));
                }
                if (stop.get()) {
                    inFlight--;
                } else {
                    submit(queue, from, (int) queue.tag(i), random);
                }
            }
        }
    }

    private static void submit(BlkioQueue queue, MemorySegment from, int slot, Random random) {
        long offset = (256 + random.nextInt((int) (BYTES / 4096) - 256)) * 4096L;
        from.set(JAVA_LONG, slot * 4096L, random.nextLong());
        queue.write(offset, from.address() + slot * 4096L, 4096, slot);
    }

    private void cut(ControlClient client, String name) {
        longestWait.reset();
        long begin = System.nanoTime();
        try {
            cuts.add(client.markAll(name, List.of()));
            long took = System.nanoTime() - begin;
            awaitMore(); // what it was in the middle of
            length.add(took);
            with.add(longestWait.getThenReset());
            askInstead(client, took);
            awaitMore();
            without.add(longestWait.get());
        } catch (AgentException e) { // an overload, or a queue that didn't get the processor in time
            System.out.println("refused: " + e.getMessage());
            awaitProtected(client);
        }
    }

    /**
     * No longer than without, or, where a cut takes long because its threads hardly get a processor, and so others don't either: far shorter
     * than the cut, through which no request is held.
     */
    private boolean isShort() {
        return median(with) < median(without) * 3 / 2 + MOST_NANOS || median(with) < median(length) * 3 / 4;
    }

    @Test
    void noMarkAndNoTimeHasAnEffectWithoutItsCause() throws Exception {
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Instant begin;
        Instant end;
        try (TidemarkAgent agent = TidemarkAgent.start(log(), disk("vda"), disk("vdb"))) {
            ControlClient client = new ControlClient(agent.control());
            awaitProtected(client);
            try (BlkioDisk a = BlkioDisk.open(folder.resolve("vda.sock"), 2);
                    BlkioDisk b = BlkioDisk.open(folder.resolve("vdb.sock"), 2);
                    ExecutorService threads = Executors.newFixedThreadPool(3)) {
                List<Future<?>> running = List.of(
                        threads.submit(() -> countOn(a, b)),
                        threads.submit(() -> load(a, new Random(seed + 1))),
                        threads.submit(() -> load(b, new Random(seed + 2))));
                begin = Instant.now();
                try {
                    for (int i = 0; i < CUTS; i++) {
                        cut(client, "cut" + i);
                    }
                } finally {
                    stop.set(true);
                }
                end = Instant.now();
                for (Future<?> one : running) {
                    one.get();
                }
            }
            awaitDurable(client);
            String said = TidemarkCli.run(
                            "mark",
                            "--all",
                            "last",
                            "--control",
                            agent.control().toString())
                    .orThrow("tidemark mark --all")
                    .output();
            assertThat(said).contains("disk vda: last names write", "disk vdb: last names write");
            awaitProtected(client);
            assertThat(agent.terminate()).isZero();
        }
        System.out.printf(
                "%d cuts, %d refused, of %d us in the median; longest wait of a client during a cut %d us in the median, %d us at the most; "
                        + "in as long a time, asked something else, %d us and %d us; %d writes on each disk%n",
                cuts.size(),
                CUTS - cuts.size(),
                median(length) / 1000,
                median(with) / 1000,
                Collections.max(with) / 1000,
                median(without) / 1000,
                Collections.max(without) / 1000,
                number.get());
        assertThat(cuts).hasSizeGreaterThan(CUTS / 2);
        assertThat(isShort()).as("no request waits for a cut").isTrue();
        try (StoredDisk a = StoredDisk.open(store(), "vda");
                StoredDisk b = StoredDisk.open(store(), "vdb")) {
            for (CutStatus cut : cuts) {
                Point mark = new Point.Mark(cut.name());
                assertConsistent(a, b, mark);
                Instant time = cut.marks().getFirst().time();
                assertThat(cut.marks()).allMatch(one -> one.time().equals(time));
                assertThat(value(a, time(time))).isEqualTo(value(a, mark));
                assertThat(value(b, time(time))).isEqualTo(value(b, mark));
            }
            int checked = 0;
            for (int i = 0; i < 200; i++) {
                Point time = time(begin.plusNanos(
                        random.nextLong(Duration.between(begin, end).toNanos())));
                if (isRestorable(a, time) && isRestorable(b, time)) {
                    assertConsistent(a, b, time);
                    checked++;
                }
            }
            System.out.println(checked + " times checked");
            assertThat(checked).isPositive();
        }
    }

    private static long median(List<Long> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static Point time(Instant time) {
        return new Point.Time(ChronoUnit.MICROS.between(Instant.EPOCH, time));
    }

    private static boolean isRestorable(StoredDisk disk, Point point) {
        try {
            disk.reader().resolve(point);
            return true;
        } catch (io.tidemark.cdp.StoreException e) {
            return false;
        }
    }

    private static long value(StoredDisk disk, Point point) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sector = arena.allocate(512, 4096);
            disk.read(point, 0, sector);
            return sector.get(JAVA_LONG, 0);
        }
    }

    private static void assertConsistent(StoredDisk a, StoredDisk b, Point point) {
        assertThat(value(a, point) - value(b, point))
                .as("A ahead of B at %s", point)
                .isBetween(0L, 1L);
    }

    /** Frontends vanish with requests in flight while a cut is made; disks that aren't protected are named. */
    @Test
    void frontendsThatVanishInTheMiddleAndDisksThatAreOff() throws Exception {
        System.out.println("seed " + seed);
        try (TidemarkAgent agent = TidemarkAgent.start(log(), disk("vda"), disk("vdb"));
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            ControlClient client = new ControlClient(agent.control());
            awaitProtected(client);
            List<Future<?>> comers = new ArrayList<>();
            for (String id : List.of("vda", "vdb")) {
                comers.add(threads.submit(() -> comeAndGo(folder.resolve(id + ".sock"))));
            }
            int made = 0;
            try {
                for (int i = 0; i < CUTS; i++) {
                    try {
                        client.markAll("cut" + i, List.of("vda", "vdb"));
                        made++;
                    } catch (AgentException e) {
                        assertThat(e).hasMessageMatching("disk vd[ab]: .*");
                        awaitProtected(client);
                    }
                }
            } finally {
                stop.set(true);
            }
            for (Future<?> comer : comers) {
                comer.get();
            }
            System.out.println(made + " of " + CUTS + " cuts made");
            assertThat(made).isPositive();
            client.protect("vdb", new ProtectionWish(ProtectionWish.State.PAUSED, Optional.empty()));
            assertThatThrownBy(() -> client.markAll("x", List.of()))
                    .hasMessageContaining("disk vdb: can't be part of a mark");
            client.protect("vdb", new ProtectionWish(ProtectionWish.State.ON, Optional.empty()));
            awaitProtected(client);
            assertThat(client.markAll("y", List.of()).marks()).hasSize(2);
            assertThat(agent.terminate()).isZero();
        }
        assertThat(TidemarkCli.verify(store()).code()).isZero();
    }

    private void comeAndGo(java.nio.file.Path socket) {
        Random random = new Random(seed);
        while (!stop.get()) {
            try (BlkioDisk disk = BlkioDisk.open(socket, 2)) {
                MemorySegment from = disk.allocate(4096L * DEPTH);
                for (int i = 0; i < 20; i++) {
                    for (int slot = 0; slot < DEPTH / 2; slot++) {
                        submit(disk.queue(1), from, slot, random);
                    }
                    // The last ones are left in flight.
                    disk.queue(1).submitAndReap(i < 19 ? DEPTH / 2 : 0);
                }
            }
        }
    }
}
