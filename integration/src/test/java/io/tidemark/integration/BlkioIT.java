// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.blkio.BlkioQueue;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.load.VerifyingLoad;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** libblkio as the frontend. */
class BlkioIT extends LabTest {
    private static final int DEPTH = 8;
    private static final int RESTORES = 12;

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void everyRequestDoesWhatItSays(int queues) {
        Path image = newImage(8 << 20);
        try (TidemarkAgent agent = serve(image);
                BlkioDisk disk = BlkioDisk.open(agent.socket(), queues)) {
            assertThat(disk.capacity()).isEqualTo(8 << 20);
            for (int q = 0; q < queues; q++) {
                everyRequest(disk, disk.queue(q), q * (1L << 20));
            }
        }
    }

    private static void everyRequest(BlkioDisk disk, BlkioQueue queue, long base) {
        int length = 64 << 10;
        MemorySegment out = disk.allocate(length);
        MemorySegment in = disk.allocate(length);
        out.fill((byte) 0x5A);
        queue.write(base, out.address(), length, 1);
        one(queue, 1);
        queue.flush(2);
        one(queue, 2);
        queue.read(base, in.address(), length, 3);
        one(queue, 3);
        assertThat(in.mismatch(out)).isEqualTo(-1);

        queue.writeZeroes(base + 4096, 8192, 4);
        one(queue, 4);
        queue.discard(base + 32768, 4096, 5);
        one(queue, 5);
        out.asSlice(4096, 8192).fill((byte) 0);
        out.asSlice(32768, 4096).fill((byte) 0);
        queue.read(base, in.address(), length, 6);
        one(queue, 6);
        assertThat(in.mismatch(out)).isEqualTo(-1);

        // Half a sector more than the last: not every backend takes single sectors at odd places.
        queue.write(base + 512, out.asSlice(16384).address(), 1536, 7);
        one(queue, 7);
        queue.read(base + 512, in.address(), 1536, 8);
        one(queue, 8);
        assertThat(in.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 0x5A);
    }

    private static void one(BlkioQueue queue, long tag) {
        assertThat(queue.submitAndReap(1, 5_000_000_000L))
                .as("completions of request " + tag)
                .isEqualTo(1);
        assertThat(queue.tag(0)).isEqualTo(tag);
        assertThat(queue.result(0)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void everyStateOfARandomLoadComesBack(int queues) throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Path image = newImage(VerifyingLoad.bytes(queues, DEPTH));
        VerifyingLoad load;
        try (TidemarkAgent agent = protect(image)) {
            HistoryView.awaitProtected(store());
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), queues)) {
                load = new VerifyingLoad(disk, DEPTH, seed);
                load.run(150);
                load.checkState(image, load.submitted());
            }
            assertThat(agent.terminate()).isZero();
        }
        HistoryView.Interval all = HistoryView.of(store()).lastInterval();
        assertThat(all.lastWrite()).isEqualTo(load.submitted());
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < RESTORES; i++) {
            long write = i == 0 ? all.firstWrite() : random.nextLong(all.firstWrite(), all.lastWrite() + 1);
            Path restored = newPath();
            TidemarkCli.restore(store(), "write:" + write, restored);
            load.checkState(restored, write);
            Files.delete(restored);
        }
        assertThat(TidemarkCli.verify(store()).code()).isZero();
    }

    @Test
    void manyFrontendsInARow() {
        Path image = newImage(1 << 20);
        try (TidemarkAgent agent = serve(image)) {
            for (int i = 0; i < 50; i++) {
                try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 1 + i % 2)) {
                    MemorySegment memory = disk.allocate(4096);
                    memory.set(ValueLayout.JAVA_INT, 0, i);
                    disk.queue(0).write(0, memory.address(), 4096, i);
                    one(disk.queue(0), i);
                }
            }
            assertThat(agent.isAlive()).isTrue();
        }
    }
}
