// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What belongs to a batch, and who is told that it won't arrive. */
@Timeout(30)
class OutboxTest {
    private static final long NEVER = TimeUnit.HOURS.toNanos(1);

    private final Arena arena = Arena.ofShared();
    private final History history = Histories.inMemory(1 << 20);
    private final RawBlock block = new RawBlock(arena);
    private final Outbox outbox = outbox();

    private Outbox outbox() {
        try {
            return new Outbox(history, 4 << 20, arena, Optional.empty(), Tail.find(history));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void close() {
        arena.close();
    }

    /** @param whole whether no write goes on behind it */
    private void put(boolean whole, boolean commit) {
        block.reset();
        block.slot(Kind.ZERO, (byte) 0, 1, 1, 0, 512);
        block.whole = whole;
        block.commit = commit;
        outbox.put(block);
    }

    /** Of the entries from one on, how many a batch has; those of a batch that isn't complete aren't waited for. */
    private int entries(long from, long batch) throws Exception {
        var buffer = arena.allocate(OutboxEntry.MAX, 8);
        int count = 0;
        while (outbox.read(from + count, batch, buffer) > 0) {
            count++;
        }
        return count;
    }

    @Test
    void whoWaitsForACommitDoesNotWaitForALongWriteBehind() throws Exception {
        put(true, false);
        put(true, true);
        put(false, false);
        put(false, false);
        put(true, false);
        assertThat(entries(0, 0)).isEqualTo(2);
        assertThat(outbox.awaitEntry(2, 0, System.nanoTime() + NEVER)).isTrue(); // that batch is complete
        assertThat(entries(2, 1)).isEqualTo(3);
    }

    @Test
    void shortWritesShareTheCommitThatIsAskedFor() throws Exception {
        put(true, true);
        put(true, false);
        put(true, true);
        put(true, false);
        assertThat(entries(0, 0)).isEqualTo(4);
        assertThat(outbox.awaitEntry(4, 0, System.nanoTime() + NEVER)).isTrue();
        put(true, false);
        assertThat(entries(4, 1)).isEqualTo(1);
    }

    @Test
    void aLongWriteIsNeverCutByACommit() throws Exception {
        put(false, false);
        put(false, true);
        put(true, false);
        assertThat(entries(0, 0)).isEqualTo(3);
    }

    @Test
    void whoWaitsIsToldOfAFailureAtOnce() throws Exception {
        var waiting = new Waiting();
        outbox.fail(new StoreException(Code.DAMAGED, "the history is another one"));
        waiting.endsWith("the history is another one");
    }

    @Test
    void whoWaitsIsToldThatNobodyBringsItAnyMore() throws Exception {
        put(true, true);
        var waiting = new Waiting();
        outbox.ended();
        waiting.endsWith("history of vda: has ended before its store had all of it");
        assertThat(outbox.await(() -> true, 0)).as("what has arrived, has").isTrue();
    }

    @Test
    void whoHasWaitedLongEnoughGoesOn() throws Exception {
        assertThat(outbox.await(() -> false, TimeUnit.MILLISECONDS.toNanos(1))).isFalse();
    }

    private final class Waiting {
        private final CountDownLatch looked = new CountDownLatch(1);
        private final Thread thread = Thread.ofPlatform().unstarted(this::await);
        private volatile Throwable thrown;

        Waiting() throws InterruptedException {
            thread.start();
            looked.await();
        }

        private void await() {
            try {
                outbox.await(
                        () -> {
                            looked.countDown();
                            return false;
                        },
                        NEVER);
            } catch (StoreException | InterruptedException e) {
                thrown = e;
            }
        }

        void endsWith(String message) throws InterruptedException {
            thread.join();
            assertThatThrownBy(() -> {
                        throw thrown;
                    })
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining(message);
        }
    }
}
