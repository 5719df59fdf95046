// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.RingLoop;
import io.tidemark.disk.posix.EventFd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Through the real io_uring. */
@Timeout(60)
class SinglePollTest {
    private SinglePoll poll;
    private int signals;
    private boolean wanted;

    /** As a device does: what is told is followed by the next poll, or by none. */
    private void completed(int token, int result, boolean more) {
        poll.told(token, more);
        if (result >= 0) {
            signals++;
        }
        if (wanted) {
            poll.arm();
        }
    }

    @Test
    void oneIsArmedHoweverOftenItIsTakenBack() {
        try (RingLoop loop = new RingLoop(8);
                EventFd signal = new EventFd()) {
            poll = new SinglePoll(
                    loop.ring(),
                    signal.fd(),
                    loop.ring().register((token, result, more) -> completed(token, result, more)));
            wanted = true;
            poll.arm();
            for (int i = 0; i < 10; i++) {
                loop.turn();
                poll.takeBack();
                poll.arm(); // before the end of the former is told
            }
            loop.await();
            signals = 0;
            signal.signal();
            loop.await();
            loop.turn();
            assertThat(signals).isEqualTo(1);

            wanted = false;
            poll.takeBack();
            loop.await();
            signals = 0;
            signal.signal();
            loop.turn();
            assertThat(signals).isZero();
        }
    }
}
