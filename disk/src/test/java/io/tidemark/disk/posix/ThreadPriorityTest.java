// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ThreadPriorityTest {
    @Test
    void onlyTheCallingThreadStandsBack() throws InterruptedException {
        int before = ThreadPriority.nice();
        var within = new AtomicInteger();
        var policy = new AtomicLong();
        Thread.ofPlatform()
                .start(() -> {
                    ThreadPriority.standBack();
                    within.set(ThreadPriority.nice());
                    policy.set(policy());
                })
                .join();
        assertThat(within.get()).isEqualTo(Math.max(5, before));
        assertThat(policy.get()).as("SCHED_BATCH").isEqualTo(3);
        assertThat(ThreadPriority.nice()).isEqualTo(before);
        assertThat(policy()).isNotEqualTo(3);
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

    @Test
    void whereTheKernelRefusesAPolicyNicenessIsSet() throws InterruptedException {
        var refused = new AtomicBoolean();
        var within = new AtomicInteger();
        Thread.ofPlatform()
                .start(() -> {
                    refused.set(RefusedCall.refuse(314)); // sched_setattr
                    ThreadPriority.comeLast();
                    within.set(ThreadPriority.nice());
                })
                .join();
        assumeTrue(refused.get(), "seccomp(2) is not allowed here");
        assertThat(within.get()).isEqualTo(19);
    }

    /** sched_getscheduler(2) of the calling thread. */
    private static long policy() {
        return Libc.C.syscall(145, 0, 0, 0);
    }

    /** ioprio_get(2) of the calling thread. */
    private static long ioPriority() {
        return Libc.C.syscall(252, 1, 0, 0);
    }
}
