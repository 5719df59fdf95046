// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ReturnedTest {
    @Test
    void whoIsFirstHasToTell() {
        Returned returned = new Returned(4);
        assertThat(returned.takeAll()).isNegative();
        assertThat(returned.add(2, 20)).isTrue();
        assertThat(returned.add(0, -5)).isFalse();
        int first = returned.takeAll();
        assertThat(first).isZero();
        assertThat(returned.result(first)).isEqualTo(-5);
        assertThat(returned.behind(first)).isEqualTo(2);
        assertThat(returned.result(2)).isEqualTo(20);
        assertThat(returned.behind(2)).isNegative();
        assertThat(returned.takeAll()).isNegative();
        assertThat(returned.add(1, 0)).isTrue();
    }

    /** Two threads bring calls back as fast as they are made; none is lost, none comes twice, each with its own result. */
    @Test
    @Timeout(60)
    void nothingIsLostBetweenThreads() throws InterruptedException {
        int ids = 8;
        long rounds = Long.getLong("tidemark.operations", 50_000);
        Returned returned = new Returned(ids);
        // Per id: the number of the call on its way, 0 when the loop has it.
        AtomicIntegerArray calls = new AtomicIntegerArray(ids);
        List<Thread> bringers = new ArrayList<>();
        for (int bringer = 0; bringer < 2; bringer++) {
            int first = bringer;
            bringers.add(Thread.ofPlatform().start(() -> {
                for (long done = 0; done < rounds; ) {
                    for (int id = first; id < ids; id += 2) {
                        int call = calls.get(id);
                        if (call > 0) {
                            calls.set(id, -call);
                            returned.add(id, call);
                            done++;
                        }
                    }
                }
            }));
        }
        int[] next = new int[ids];
        long seen = 0;
        for (int id = 0; id < ids; id++) {
            calls.set(id, ++next[id]);
        }
        while (seen < 2 * rounds) {
            for (int id = returned.takeAll(); id >= 0; ) {
                int behind = returned.behind(id);
                assertThat(returned.result(id)).isEqualTo(next[id]);
                seen++;
                calls.set(id, ++next[id]);
                id = behind;
            }
        }
        for (Thread bringer : bringers) {
            bringer.join();
        }
    }
}
