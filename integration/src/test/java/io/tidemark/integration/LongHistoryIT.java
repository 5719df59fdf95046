// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.cdp.keep.RetentionRules;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.cdp.write.WriterOptions;
import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.integration.backend.PastAgent;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.ProcessCost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A long history of a large disk ({@code -Dtidemark.writes=10000000} for the long one). Attached at its first, its last and random points:
 * prints the time from the agent's start to the first read that it served. Then an agent goes on with it and thins it, and what is kept is
 * attached. None of them may ever take more memory than is promised.
 *
 * <p>The history ends with a discard of the whole disk, so a new image is what it ends with.
 */
class LongHistoryIT extends LabTest {
    private static final long WRITES = Long.getLong("tidemark.writes", 300_000);
    /** Of them by the agent that goes on with the history. */
    private static final long SERVED = WRITES / 50;

    private static final long CAPACITY = 100L << 30;
    private static final long LONGEST_DISCARD = 2L << 30;
    private static final int BLOCK = 4096;
    private static final int NOISE = 128;
    private static final int DEPTH = 32;
    private static final int POINTS = 5;
    private static final int READS = 200;
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final long MOST_BYTES = 512 << 20;
    private static final long SECOND = 1_000_000;
    private static final long BEGIN = Micros.of(Instant.now()) - 3 * 3600 * SECOND;
    /** The writes are spread over so much time. */
    private static final long SPAN = 5000 * SECOND;

    private static final RetentionRules RULES = RetentionRules.parse("1h:write/24h:5m");

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private int attached;

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void isAttachedAsFastAsAShortOneInAsLittleMemory() throws Exception {
        System.out.println("seed " + seed + ", " + WRITES + " writes");
        long begin = System.nanoTime();
        attachShort();
        write();
        System.out.printf("written in %d s%n", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin));
        attach("write:" + WRITES, WRITES);
        attach("write:1", 1);
        for (int i = 0; i < POINTS; i++) {
            long number = 1 + random.nextLong(WRITES);
            attach("write:" + number, number);
        }
        long number = 1 + random.nextLong(WRITES - 1);
        attach(Micros.text(time(number)), number);
        goOn();
        try (var reader = Store.open(store()).read("vda")) {
            var kept = reader.kept();
            var state = kept.get(random.nextInt(kept.size()));
            attach("write:" + state.number(), state.number());
        }
    }

    /** Half of the writes go to a hundredth of the disk. */
    private long offset(long number) {
        long mixed = mixed(number + seed);
        long blocks = CAPACITY / BLOCK;
        return (mixed & 1) == 0
                ? Long.remainderUnsigned(mixed >>> 1, blocks) * BLOCK
                : Long.remainderUnsigned(mixed >>> 1, blocks / 100) * BLOCK;
    }

    private static long time(long number) {
        return BEGIN + number * (SPAN / WRITES);
    }

    /** Its number, some noise, zeros. */
    private static void fill(MemorySegment block, long number) {
        block.set(ValueLayout.JAVA_LONG, 0, number);
        for (int at = 8; at < NOISE; at += 8) {
            block.set(ValueLayout.JAVA_LONG, at, mixed(number * BLOCK + at));
        }
    }

    private static long mixed(long number) {
        long mixed = number * 0x9e3779b97f4a7c15L;
        return mixed ^ mixed >>> 29;
    }

    /** What an agent records of an empty disk. */
    private void write() throws Exception {
        var options = WRITES < 2_000_000 ? WriterOptions.DEFAULT.withSegments(8 << 20, 1 << 20) : WriterOptions.DEFAULT;
        try (var writer = Store.openOrCreate(store()).write("vda", CAPACITY, options)) {
            write(writer);
            writer.commit();
            assertThat(writer.awaitDurable(writer.position(), PATIENCE)).isTrue();
            awaitLayers(Store.open(store()).history("vda"));
        }
        try (var kept = Store.open(store()).keep("vda")) {
            kept.keeper().retain(new Retention(RULES, OptionalLong.empty()));
        }
    }

    private void write(HistoryWriter writer) throws Exception {
        try (var arena = Arena.ofConfined()) {
            var content = arena.allocate(BLOCK, 64);
            writer.gapBegin(BEGIN, GapReason.START);
            writer.syncZero(0, 0, CAPACITY);
            writer.gapEnd(BEGIN);
            for (long number = 1; number <= WRITES; number++) {
                fill(content, number);
                writer.write(time(number), offset(number), content);
                if (number % 1000 == 0) {
                    writer.flush(time(number), number);
                }
            }
            for (long at = 0; at < CAPACITY; at += LONGEST_DISCARD) {
                writer.discard(time(WRITES + 1), at, LONGEST_DISCARD);
            }
        }
    }

    private static void awaitLayers(History history) throws Exception {
        int complete = Integer.parseInt(history.meta().list().getLast()) - 1;
        Await.until(
                "layers of all log segments", PATIENCE, () -> catalogue(history).lastSegment() >= complete);
    }

    private static Catalogue catalogue(History history) {
        return CatalogueFile.read(history).catalogue().orElse(Catalogue.EMPTY);
    }

    private void attach(String point, long number) throws IOException {
        attach(store(), point, number);
    }

    private void attach(Path store, String point, long number) throws IOException {
        Path socket = folder.resolve("past" + attached + ".sock");
        Path log = folder.resolve("past" + attached++ + ".log");
        long begin = System.nanoTime();
        try (var past = PastAgent.start(log, store, point, socket);
                var disk = BlkioDisk.open(socket, 1)) {
            long first = -1;
            long cost = -1;
            var memory = disk.allocate(BLOCK);
            for (int i = 0; i < READS; i++) {
                long written = i == 0 ? number : 1 + random.nextLong(number);
                read(disk, offset(written), memory);
                first = first < 0 ? System.nanoTime() - begin : first;
                cost = cost < 0 ? (long) (1000 * ProcessCost.of(past.pid()).cpuSeconds()) : cost;
                assertThat(memory.get(ValueLayout.JAVA_LONG, 0))
                        .as("block of write %s at %s, seed %s", written, point, seed)
                        .isEqualTo(lastTo(offset(written), number, written));
            }
            System.out.printf(
                    "%s: first read served %d ms after the agent's start, %d ms of them on a processor; at most %d MB resident%n",
                    point, TimeUnit.NANOSECONDS.toMillis(first), cost, peak(past.pid()) >> 20);
            assertThat(peak(past.pid())).isLessThanOrEqualTo(MOST_BYTES);
            assertThat(past.terminate()).isZero();
        }
    }

    /** What the start of an agent takes in any case. */
    private void attachShort() throws Exception {
        try (var arena = Arena.ofConfined();
                var writer = Store.openOrCreate(folder.resolve("short")).write("vda", CAPACITY)) {
            var content = arena.allocate(BLOCK, 64);
            fill(content, 1);
            writer.write(BEGIN, offset(1), content);
        }
        attach(folder.resolve("short"), "latest", 1);
    }

    private static void read(BlkioDisk disk, long offset, MemorySegment into) {
        disk.queue(0).read(offset, into.address(), BLOCK, 1);
        assertThat(disk.queue(0).submitAndReap(1, TimeUnit.SECONDS.toNanos(60))).isEqualTo(1);
        assertThat(disk.queue(0).result(0)).isZero();
    }

    /** The last write up to {@code number} that went to an offset. */
    private long lastTo(long offset, long number, long known) {
        for (long at = number; at > known; at--) {
            if (offset(at) == offset) {
                return at;
            }
        }
        return known;
    }

    /** An agent records on, while its keeper thins, folds and packs all that was before. */
    private void goOn() throws Exception {
        var history = Store.open(store()).history("vda");
        // The last segment with a layer stays.
        long singles = catalogue(history).log().getLast().first();
        long begin = System.nanoTime();
        try (var agent = protect(newImage(CAPACITY))) {
            agent.awaitState(ProtectionStatus.State.PROTECTED, PATIENCE);
            System.out.printf("agent protects after %d s%n", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin));
            serve(agent);
            agent.awaitProtection("caught up", PATIENCE, now -> now.lagWrites() == 0);
            Await.until(
                    "a thinned and packed history",
                    PATIENCE,
                    () -> catalogue(history).singles() >= singles && isPacked(history));
            System.out.printf(
                    "agent: thinned to %d states after %d s; at most %d MB resident%n",
                    catalogue(history).kept().size(),
                    TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin),
                    peak(agent.pid()) >> 20);
            assertThat(peak(agent.pid())).isLessThanOrEqualTo(MOST_BYTES);
            assertThat(agent.terminate()).isZero();
        }
    }

    /** Whether nothing is left as it was written, but for what the last writers may still have been in the middle of. */
    private static boolean isPacked(History history) {
        try {
            return history.data().list().size() <= 2;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve(TidemarkAgent agent) {
        try (var disk = BlkioDisk.open(agent.socket(), 1)) {
            var memory = disk.allocate((long) DEPTH * BLOCK);
            for (long done = 0; done < SERVED; done += DEPTH) {
                for (int i = 0; i < DEPTH; i++) {
                    var block = memory.asSlice((long) i * BLOCK, BLOCK);
                    fill(block, done + i);
                    disk.queue(0).write(offset(done + i), block.address(), BLOCK, i);
                }
                for (int left = DEPTH; left > 0; ) {
                    int reaped = disk.queue(0).submitAndReap(1, TimeUnit.SECONDS.toNanos(60));
                    assertThat(reaped).isPositive();
                    for (int i = 0; i < reaped; i++) {
                        assertThat(disk.queue(0).result(i)).isZero();
                    }
                    left -= reaped;
                }
            }
        }
    }

    /** The most memory that a process had at a time, what it shares with its guest included. */
    private static long peak(long pid) throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
            }
        }
        throw new IOException("process " + pid + " tells no VmHWM");
    }
}
