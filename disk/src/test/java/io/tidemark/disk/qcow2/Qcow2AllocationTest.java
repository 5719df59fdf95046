// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Completion;
import io.tidemark.disk.Image;
import io.tidemark.disk.Images;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.RingLoop;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests for what is mapped by slices in memory: reads of two pieces each, data and zeros, and writes in place. */
@Timeout(60)
class Qcow2AllocationTest {
    private static final int DEPTH = 8;
    private static final int WINDOW = 2_000;

    @TempDir
    private Path folder;

    private final Request[] pool = new Request[DEPTH];
    private final int[] free = new int[DEPTH];
    private int freeCount;
    private int completed;
    private long failed;
    private final Completion onCompleted = (request, status) -> {
        free[freeCount++] = request.id();
        completed++;
        failed |= status;
    };

    @ParameterizedTest
    @EnumSource(names = {"READ", "WRITE"})
    void nothingIsAllocatedPerRequest(Request.Kind kind) throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Image image = Images.open(new Qcow2File().write(folder.resolve("a.qcow2")), kind == Request.Kind.READ);
                Arena arena = Arena.ofConfined();
                RingLoop loop = new RingLoop(DEPTH)) {
            BlockDevice device = image.attach(loop);
            for (int id = 0; id < DEPTH; id++) {
                pool[id] = new Request(id, new IoVector(2));
                free[freeCount++] = id;
            }
            long address = arena.allocate(4096, 4096).address();
            run(kind, device, loop, address, WINDOW);
            double least = Double.MAX_VALUE;
            for (int window = 0; window < 30 && least >= 0.1; window++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                run(kind, device, loop, address, WINDOW);
                least = Math.min(least, (threads.getCurrentThreadAllocatedBytes() - before) / (double) WINDOW);
            }
            assertThat(least).as("bytes per request").isLessThan(0.1);
            assertThat(failed).isZero();
        }
    }

    private void run(Request.Kind kind, BlockDevice device, RingLoop loop, long address, int requests) {
        int goal = completed + requests;
        while (completed < goal) {
            while (freeCount > 0) {
                Request request = pool[free[--freeCount]];
                int clusters = kind == Request.Kind.READ ? 2 : 1;
                request.begin(kind, 0, (long) clusters * Qcow2File.CLUSTER);
                for (int i = 0; i < clusters; i++) {
                    request.data().add(address + 2048 * i, Qcow2File.CLUSTER);
                }
                request.onCompletion(onCompleted);
                device.submit(request);
            }
            loop.turn();
        }
    }
}
