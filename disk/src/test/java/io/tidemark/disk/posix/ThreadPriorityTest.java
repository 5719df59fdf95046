// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
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

    @Test
    void whatComesLastIsIdleAtTheStorageToo() throws InterruptedException {
        long before = ioPriority();
        var within = new AtomicLong();
        Thread.ofPlatform()
                .start(() -> {
                    ThreadPriority.comeLast();
                    within.set(ThreadPriority.nice() << 16 | ioPriority());
                })
                .join();
        assertThat(within.get()).isEqualTo(19 << 16 | 3 << 13);
        assertThat(ioPriority()).isEqualTo(before);
    }

    /** ioprio_get(2) of the calling thread. */
    private static long ioPriority() {
        return Libc.C.syscall(252, 1, 0, 0);
    }
}
