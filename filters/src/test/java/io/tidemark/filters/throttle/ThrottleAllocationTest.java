// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Completion;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.NullImage;
import io.tidemark.disk.Request;
import io.tidemark.disk.RingLoop;
import java.lang.management.ManagementFactory;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A request that waits, for an alarm of a real io_uring, allocates nothing. */
@Timeout(60)
class ThrottleAllocationTest {
    private static final int DEPTH = 64;
    private static final int WINDOW = 20_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Request[] pool = new Request[DEPTH];
    private final int[] free = new int[DEPTH];
    private int freeCount;
    private long completed;
    private final Completion onCompleted = (request, status) -> {
        free[freeCount++] = request.id();
        completed++;
    };

    @Test
    void nothingIsAllocatedPerRequest() {
        try (RingLoop loop = new RingLoop(DEPTH)) {
            Throttle throttle = new Throttle(new Limits(Map.of(
                    LimitKind.IOPS, new Limit(400_000, 16),
                    LimitKind.BPS_WRITE, new Limit(1_000_000_000, 65536))));
            BlockDevice device = throttle.attach(loop, new NullImage(1 << 30).attach(loop));
            for (int id = 0; id < DEPTH; id++) {
                pool[id] = new Request(id, new IoVector(1));
                free[freeCount++] = id;
            }
            run(device, loop, WINDOW);
            double least = Double.MAX_VALUE;
            for (int window = 0; window < 30 && least >= 0.1; window++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                run(device, loop, WINDOW);
                least = Math.min(least, (threads.getCurrentThreadAllocatedBytes() - before) / (double) WINDOW);
            }
            assertThat(least).as("bytes per request").isLessThan(0.1);
            assertThat(throttle.delayed()).isGreaterThan(completed / 2);
        }
    }

    private void run(BlockDevice device, RingLoop loop, int requests) {
        long goal = completed + requests;
        for (int i = 0; completed < goal; i++) {
            while (freeCount > 0) {
                Request request = pool[free[--freeCount]];
                request.begin(i++ % 2 == 0 ? Request.Kind.READ : Request.Kind.WRITE, 0, 4096);
                request.onCompletion(onCompleted);
                device.submit(request);
            }
            if (freeCount == 0) {
                loop.await();
            } else {
                loop.turn();
            }
        }
    }
}
