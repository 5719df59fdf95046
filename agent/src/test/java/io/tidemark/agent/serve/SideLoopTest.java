// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.Loop;
import io.tidemark.disk.MemoryImage;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SideLoopTest {
    /** The one that filters of it run in. */
    private static Loop loopOfFilters(SideLoop loop) {
        AtomicReference<Loop> found = new AtomicReference<>();
        loop.filters(List.of((own, below) -> {
                    found.set(own);
                    return below;
                }))
                .join();
        return found.get();
    }

    @Test
    void nobodyWaitsForAThreadThatHasDied() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (SideLoop loop = new SideLoop("vda-side", MemoryImage.reordering(1 << 20, 1))) {
            Loop ofFilters = loopOfFilters(loop);
            loop.flush();
            ofFilters.execute(() -> {
                try {
                    asked.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                throw new IllegalStateException("the ring is broken");
            });
            var before = loop.filters(List.of());
            asked.countDown();
            assertThatThrownBy(() -> before.get(20, TimeUnit.SECONDS))
                    .hasRootCauseMessage("the ring is broken")
                    .hasMessageContaining("vda-side has ended");
            assertThatThrownBy(loop::flush).hasMessageContaining("vda-side has ended");
            assertThat(loop.filters(List.of())).isCompletedExceptionally();
        }
    }

    @Test
    void whoeverAsksWhileTheThreadDiesIsAnswered() throws Exception {
        for (int round = 0; round < 100; round++) {
            try (SideLoop loop = new SideLoop("vda-side", MemoryImage.reordering(1 << 20, 1))) {
                Loop ofFilters = loopOfFilters(loop);
                CountDownLatch asking = new CountDownLatch(3);
                List<Thread> askers = Stream.generate(
                                () -> Thread.ofPlatform().start(() -> askUntilItDies(loop, asking)))
                        .limit(3)
                        .toList();
                asking.await();
                ofFilters.execute(() -> {
                    throw new IllegalStateException("the ring is broken");
                });
                for (Thread asker : askers) {
                    asker.join();
                }
            }
        }
    }

    private static void askUntilItDies(SideLoop loop, CountDownLatch asking) {
        asking.countDown();
        while (true) {
            try {
                loop.filters(List.of()).join();
            } catch (CompletionException e) {
                return;
            }
        }
    }
}
