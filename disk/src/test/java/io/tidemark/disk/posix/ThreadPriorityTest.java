// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ThreadPriorityTest {
    @Test
    void onlyTheCallingThreadStandsBack() throws InterruptedException {
        int before = ThreadPriority.nice();
        var within = new AtomicInteger();
        Thread.ofPlatform()
                .start(() -> {
                    ThreadPriority.standBack();
                    within.set(ThreadPriority.nice());
                })
                .join();
        assertThat(within.get()).isEqualTo(Math.max(5, before));
        assertThat(ThreadPriority.nice()).isEqualTo(before);
    }
}
