// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.blkio.BlkioQueue;
import io.tidemark.integration.process.Command;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Chains of qcow2 images served by a real agent to a real frontend, and taken over by another agent. */
class Qcow2ServeIT extends LabTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int QUEUES = 2;
    private static final int DEPTH = 32;
    private static final int SIZE = 16 << 20;

    @Test
    void aChainIsReadOverManyQueuesAndPassedOn() throws IOException {
        long seed = System.nanoTime();
        Path image = chain();
        byte[] content = expected(image);
        try (TidemarkAgent agent = TidemarkAgent.start(
                log(), ServedDisk.of(image, socket(), QUEUES).asReadOnly())) {
            read(content, seed);
            try (TidemarkAgent heir = agent.takenOver(folder.resolve("heir.log"))) {
                read(content, seed + 1);
                assertThat(heir.terminate()).isZero();
            }
        }
    }

    @Test
    void aChainIsWrittenToAndPassedOnAndSoundAfterwards() throws IOException {
        long seed = System.nanoTime();
        Path image = chain();
        byte[] content = expected(image);
        try (TidemarkAgent agent = TidemarkAgent.start(log(), ServedDisk.of(image, socket(), QUEUES))) {
            write(content, seed);
            read(content, seed);
            try (TidemarkAgent heir = agent.takenOver(folder.resolve("heir.log"))) {
                write(content, seed + 1);
                read(content, seed + 1);
                assertThat(heir.terminate()).isZero();
            }
        }
        run("qemu-img", "check", image.toString()); // leaks are an error, too
        assertThat(expected(image)).as("seed %d", seed).isEqualTo(content);
    }

    /** Random writes, many at once on each queue, of which none overlap, and zeros and discards between. */
    private void write(byte[] content, long seed) {
        Random random = new Random(seed);
        try (BlkioDisk disk = BlkioDisk.open(socket(), QUEUES)) {
            int stretch = SIZE / DEPTH;
            MemorySegment memory = disk.allocate(SIZE);
            for (int round = 0; round < 20; round++) {
                for (int i = 0; i < DEPTH; i++) {
                    int length = 512 * (1 + random.nextInt(64));
                    int from = i * stretch + 512 * random.nextInt((stretch - length) / 512);
                    BlkioQueue queue = disk.queue(i % QUEUES);
                    byte value = (byte) (random.nextInt(4) == 0 ? 0 : random.nextInt());
                    if (value != 0) {
                        MemorySegment data = memory.asSlice(from, length).fill(value);
                        queue.write(from, data.address(), length, i);
                    } else if (random.nextBoolean()) {
                        queue.writeZeroes(from, length, i);
                    } else {
                        queue.discard(from, length, i);
                    }
                    Arrays.fill(content, from, from + length, value);
                }
                for (int queue = 0; queue < QUEUES; queue++) {
                    reap(disk.queue(queue), DEPTH / QUEUES, seed);
                }
            }
        }
    }

    private static void reap(BlkioQueue queue, int requests, long seed) {
        for (int done = 0; done < requests; ) {
            int count = queue.submitAndReap(1, LIMIT.toNanos());
            assertThat(count).as("seed %d", seed).isPositive();
            for (int i = 0; i < count; i++) {
                assertThat(queue.result(i)).as("seed %d", seed).isZero();
            }
            done += count;
        }
    }

    private Path chain() {
        Path base = folder.resolve("base.qcow2");
        run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "cluster_size=4k", base.toString(), "12M");
        run(
                "qemu-io",
                "-f",
                "qcow2",
                "-c",
                "write -P 1 0 5M",
                "-c",
                "write -P 2 9M 1M",
                "-c",
                "write -c -P 3 6M 64k",
                base.toString());
        Path image = folder.resolve("image.qcow2");
        run("qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.qcow2", "-F", "qcow2", image.toString(), "16M");
        run(
                "qemu-io",
                "-f",
                "qcow2",
                "-c",
                "write -P 4 1M 99k",
                "-c",
                "write -z 3M 1M",
                "-c",
                "write -P 5 13M 3M",
                image.toString());
        return image;
    }

    private byte[] expected(Path image) throws IOException {
        Path raw = folder.resolve("expected.img");
        run("qemu-img", "convert", "-O", "raw", image.toString(), raw.toString());
        return Files.readAllBytes(raw);
    }

    private static void run(String... command) {
        Command.run(LIMIT, List.of(command)).orThrow(Arrays.toString(command));
    }

    /** Random reads, many at once on each queue. */
    private void read(byte[] content, long seed) {
        Random random = new Random(seed);
        MemorySegment all = MemorySegment.ofArray(content);
        try (BlkioDisk disk = BlkioDisk.openReadOnly(socket(), QUEUES)) {
            assertThat(disk.capacity()).isEqualTo(SIZE);
            int most = 256 << 10;
            MemorySegment memory = disk.allocate((long) DEPTH * most);
            for (int round = 0; round < 20; round++) {
                BlkioQueue queue = disk.queue(round % QUEUES);
                long[] offsets = new long[DEPTH];
                long[] lengths = new long[DEPTH];
                for (int i = 0; i < DEPTH; i++) {
                    lengths[i] = 512L * (1 + random.nextInt(most / 512));
                    offsets[i] = 512 * random.nextLong((SIZE - lengths[i]) / 512 + 1);
                    queue.read(offsets[i], memory.asSlice((long) i * most).address(), lengths[i], i);
                }
                reap(queue, DEPTH, seed);
                for (int i = 0; i < DEPTH; i++) {
                    assertThat(memory.asSlice((long) i * most, lengths[i])
                                    .mismatch(all.asSlice(offsets[i], lengths[i])))
                            .as("seed %d, round %d, %d bytes at %d", seed, round, lengths[i], offsets[i])
                            .isEqualTo(-1);
                }
            }
        }
    }
}
