// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** One thread's view; the races are in the jcstress module. */
class MailboxTest {
    private final AtomicInteger woken = new AtomicInteger();
    private final Mailbox mailbox = new Mailbox(woken::incrementAndGet);
    private final List<Integer> ran = new ArrayList<>();

    private void post(int number) {
        mailbox.post(() -> ran.add(number));
    }

    @Test
    void onlyASleeperIsWoken() {
        post(1);
        assertThat(mailbox.fallAsleep()).as("with mail").isFalse();
        mailbox.wakeUp();
        mailbox.run(64);
        assertThat(woken).hasValue(0);
        assertThat(mailbox.fallAsleep()).isTrue();
        post(2);
        assertThat(woken).hasValue(1);
    }

    @Test
    void whatIsLeftAfterATurnIsMail() {
        for (int i = 0; i < 5; i++) {
            post(i);
        }
        mailbox.run(3);
        assertThat(ran).containsExactly(0, 1, 2);
        assertThat(mailbox.hasMail()).isTrue();
        mailbox.run(3);
        assertThat(ran).containsExactly(0, 1, 2, 3, 4);
        assertThat(mailbox.hasMail()).isFalse();
    }

    @Test
    void whatIsBehindAMessageThatThrowsIsMail() {
        mailbox.post(() -> {
            throw new IllegalStateException("thrown");
        });
        post(1);
        assertThatThrownBy(() -> mailbox.run(64)).hasMessage("thrown");
        assertThat(mailbox.fallAsleep()).isFalse();
        mailbox.run(64);
        assertThat(ran).containsExactly(1);
    }
}
