// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Store;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.write.WriterOptions;
import io.tidemark.integration.backend.PastAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.process.Await;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A long history of a large disk ({@code -Dtidemark.writes=10000000} for the long one), attached at random points: prints the time from the
 * agent's start to the first read that it served, and the most memory that it took.
 */
class LongHistoryIT extends LabTest {
    private static final long WRITES = Long.getLong("tidemark.writes", 300_000);
    private static final long CAPACITY = 100L << 30;
    private static final int BLOCK = 4096;
    private static final int POINTS = 5;
    private static final int READS = 20;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final long MOST_BYTES = 512 << 20;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @Test
    void isAttachedAsFastAsAShortOne() throws Exception {
        System.out.println("seed " + seed + ", " + WRITES + " writes");
        long begin = System.nanoTime();
        write();
        System.out.printf("written in %d s%n", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin));
        for (int i = 0; i < POINTS; i++) {
            attach(i, i == 0 ? WRITES : 1 + random.nextLong(WRITES));
        }
    }

    /** Half of the writes go to a hundredth of the disk. */
    private long offset(long number) {
        long mixed = (number + seed) * 0x9e3779b97f4a7c15L;
        mixed ^= mixed >>> 29;
        long blocks = CAPACITY / BLOCK;
        return (mixed & 1) == 0
                ? Long.remainderUnsigned(mixed >>> 1, blocks) * BLOCK
                : Long.remainderUnsigned(mixed >>> 1, blocks / 100) * BLOCK;
    }

    private void write() throws Exception {
        var options = WriterOptions.DEFAULT.withSegments(256L << 20, WRITES < 2_000_000 ? 1 << 20 : 16 << 20);
        try (var arena = Arena.ofConfined();
                var writer = Store.openOrCreate(store()).write("vda", CAPACITY, options)) {
            var content = arena.allocate(BLOCK, 64);
            for (long number = 1; number <= WRITES; number++) {
                for (int at = 0; at < BLOCK; at += 512) {
                    content.set(ValueLayout.JAVA_LONG, at, number);
                }
                writer.write(1_700_000_000_000_000L + 100 * number, offset(number), content);
            }
            writer.commit();
            assertThat(writer.awaitDurable(WRITES, PATIENCE)).isTrue();
            var history = Store.open(store()).history("vda");
            int complete = Integer.parseInt(history.meta().list().getLast()) - 1;
            Await.until(
                    "layers of all log segments",
                    PATIENCE,
                    () -> CatalogueFile.read(history)
                                    .catalogue()
                                    .orElse(Catalogue.EMPTY)
                                    .lastSegment()
                            >= complete);
        }
    }

    private void attach(int attempt, long number) throws IOException {
        Path socket = folder.resolve("past" + attempt + ".sock");
        long begin = System.nanoTime();
        try (var past = PastAgent.start(folder.resolve("past" + attempt + ".log"), store(), "write:" + number, socket);
                var disk = BlkioDisk.open(socket, 1)) {
            long first = -1;
            for (int i = 0; i < READS; i++) {
                long written = i == 0 ? number : 1 + random.nextLong(number);
                MemorySegment block = read(disk, offset(written));
                first = first < 0 ? System.nanoTime() - begin : first;
                assertThat(block.get(ValueLayout.JAVA_LONG, 0))
                        .as("block of write %s at write %s, seed %s", written, number, seed)
                        .isEqualTo(lastTo(offset(written), number, written));
            }
            long peak = peak(past.pid());
            System.out.printf(
                    "write %d: first read served %d ms after the agent's start; at most %d MB resident%n",
                    number, TimeUnit.NANOSECONDS.toMillis(first), peak >> 20);
            assertThat(peak).isLessThanOrEqualTo(MOST_BYTES);
            assertThat(past.terminate()).isZero();
        }
    }

    private static MemorySegment read(BlkioDisk disk, long offset) {
        var memory = disk.allocate(BLOCK);
        disk.queue(0).read(offset, memory.address(), BLOCK, 1);
        assertThat(disk.queue(0).submitAndReap(1, TimeUnit.SECONDS.toNanos(60))).isEqualTo(1);
        assertThat(disk.queue(0).result(0)).isZero();
        return memory;
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

    /** The most memory that a process had at a time. */
    private static long peak(long pid) throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
            }
        }
        throw new IOException("process " + pid + " tells no VmHWM");
    }
}
