// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Filter;
import io.tidemark.disk.Loop;
import io.tidemark.disk.NullImage;
import io.tidemark.disk.Request;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.memory.GuestMemory;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A filter holds requests back, as the throttle does, until somebody waits for them. */
@Timeout(60)
class HeldRequestsTest {
    private final Driver driver = new Driver(128, true, 8);
    private final QueueLoop loop = new QueueLoop("test-q0", new NullImage(1 << 20), new byte[0]);
    private final Holding holding = new Holding();

    private static final class Holding implements Filter {
        volatile int count;

        @Override
        public BlockDevice attach(Loop loop, BlockDevice below) {
            Queue<Request> held = new ArrayDeque<>();
            return new BlockDevice() {
                @Override
                public void submit(Request request) {
                    held.add(request);
                    count = held.size();
                }

                @Override
                public void letGo() {
                    while (!held.isEmpty()) {
                        below.submit(held.remove());
                    }
                    count = 0;
                }
            };
        }
    }

    @BeforeEach
    void hold() {
        loop.filters(List.of(holding)).join();
        loop.memory(driver.table).join();
        loop.start(driver.vring(0)).join();
        loop.enable(true).join();
        for (int id = 0; id < 3; id++) {
            driver.request(id, BlkRequestType.IN, 0, 512, true);
            driver.offer(id * 3);
        }
        driver.submit();
        await(() -> holding.count == 3);
        assertThat(driver.used()).isEqualTo(-1);
    }

    @AfterEach
    void end() {
        loop.stop().join();
        loop.memory(GuestMemory.EMPTY).join();
        loop.close();
        driver.close();
    }

    private void completed() {
        for (int id = 0; id < 3; id++) {
            assertThat(driver.awaitUsed()).isEqualTo(id * 3);
            assertThat(driver.status(id)).isEqualTo(BlkStatus.OK);
        }
        assertThat(loop.oldestInFlight()).isZero();
    }

    private static void await(BooleanSupplier condition) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - until).as("nanoseconds too late").isNegative();
            Thread.onSpinWait();
        }
    }

    @Test
    void theyAreLetGoWhenTheRingStops() throws Exception {
        assertThat(loop.stop().get(10, TimeUnit.SECONDS)).isEqualTo(3);
        completed();
    }

    @Test
    void theyAreLetGoWhenMemoryChanges() throws Exception {
        loop.memory(driver.table).get(10, TimeUnit.SECONDS);
        completed();
    }

    @Test
    void theyAreLetGoWhenFiltersChange() throws Exception {
        loop.filters(List.of()).get(10, TimeUnit.SECONDS);
        completed();
    }

    @Test
    void theAgeOfTheOldestIsKnownWhileItWaits() throws Exception {
        long first = loop.oldestInFlight();
        assertThat(first).isPositive();
        await(() -> loop.oldestInFlight() > first + 5_000_000);
        loop.stop().get(10, TimeUnit.SECONDS);
        completed();
    }
}
