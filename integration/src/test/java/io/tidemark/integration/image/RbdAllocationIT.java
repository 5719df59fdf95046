// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Completion;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.RingLoop;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.integration.store.Ceph;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reads, writes, flushes and zeroes of an image in a cluster by one loop, and by two, which get each other's completions. */
@Timeout(120)
class RbdAllocationIT {
    private static final int DEPTH = 8;
    private static final int WINDOW = 500;
    private static final int WINDOWS = 30;
    private static final int BLOCK = 4096;
    private static final Request.Kind[] KINDS = Request.Kind.values();

    @Test
    void nothingIsAllocatedPerRequest() throws Exception {
        ImageName name = ImageName.parse(Ceph.newImage("allocation"));
        try (Image image = Images.create(name, 16 << 20, false)) {
            assertThat(new Lane(image, new CyclicBarrier(1)).leastBytesPerRequest())
                    .as("bytes per request, one loop")
                    .isLessThan(0.1);
            CyclicBarrier together = new CyclicBarrier(2);
            try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
                Future<Double> one = threads.submit(() -> new Lane(image, together).leastBytesPerRequest());
                Future<Double> other = threads.submit(() -> new Lane(image, together).leastBytesPerRequest());
                assertThat(one.get()).as("bytes per request, two loops").isLessThan(0.1);
                assertThat(other.get()).as("bytes per request, two loops").isLessThan(0.1);
            }
        }
    }

    /** A loop of the thread that runs it. */
    private static final class Lane {
        private final Image image;
        private final CyclicBarrier together;
        private final Request[] pool = new Request[DEPTH];
        private final int[] free = new int[DEPTH];
        private RingLoop loop;
        private BlockDevice device;
        private int freeCount;
        private int begun;
        private int completed;
        private long failed;
        private final Completion onCompleted = (request, status) -> {
            free[freeCount++] = request.id();
            completed++;
            failed |= status;
        };

        Lane(Image image, CyclicBarrier together) {
            this.image = image;
            this.together = together;
        }

        double leastBytesPerRequest() throws Exception {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            try (Arena arena = Arena.ofConfined();
                    RingLoop opened = new RingLoop(DEPTH)) {
                loop = opened;
                device = image.attach(loop);
                for (int id = 0; id < DEPTH; id++) {
                    pool[id] = new Request(id, new IoVector(1));
                    free[freeCount++] = id;
                }
                long address = NativeMemory.anonymous(BLOCK, arena).address();
                run(address, WINDOW);
                double least = Double.MAX_VALUE;
                // As many for each, so that nobody works alone.
                for (int window = 0; window < WINDOWS; window++) {
                    together.await();
                    long before = threads.getCurrentThreadAllocatedBytes();
                    run(address, WINDOW);
                    least = Math.min(least, (threads.getCurrentThreadAllocatedBytes() - before) / (double) WINDOW);
                }
                assertThat(failed).isZero();
                return least;
            }
        }

        private void run(long address, int requests) {
            int goal = completed + requests;
            while (completed < goal) {
                while (freeCount > 0 && begun < goal) {
                    Request request = pool[free[--freeCount]];
                    Request.Kind kind = KINDS[begun % KINDS.length];
                    request.begin(kind, kind == Request.Kind.FLUSH ? 0 : (long) (begun % 1000) * BLOCK, lengthOf(kind));
                    request.mayUnmap(true);
                    if (kind == Request.Kind.READ || kind == Request.Kind.WRITE) {
                        request.data().add(address, BLOCK);
                    }
                    request.onCompletion(onCompleted);
                    begun++;
                    device.submit(request);
                }
                loop.await();
            }
        }

        private static long lengthOf(Request.Kind kind) {
            return kind == Request.Kind.FLUSH ? 0 : BLOCK;
        }
    }
}
