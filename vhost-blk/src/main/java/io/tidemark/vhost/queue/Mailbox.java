// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What other threads ask a loop to run. Anybody posts; the loop alone takes, and says when it falls asleep, so that it is
 * only woken then.
 *
 * <p>{@link #post} stores "posted" and then looks at "asleep"; {@link #fallAsleep} stores "asleep" and then looks at "posted".
 * Both fields are volatile, so all four are in one order and one of the two sees the other: no message is slept over.
 */
final class Mailbox {
    private final Queue<Runnable> messages = new ConcurrentLinkedQueue<>();
    private final Runnable wake;

    /** Set by who posts, cleared by the loop before it looks. */
    private volatile boolean posted;

    private volatile boolean asleep;

    /** @param wake wakes the loop, or keeps it from falling asleep; called by who posts */
    Mailbox(Runnable wake) {
        this.wake = wake;
    }

    /** From any thread. */
    void post(Runnable message) {
        messages.add(message);
        posted = true;
        if (asleep) {
            wake.run();
        }
    }

    /** Takes a message back that wasn't run yet. From any thread. */
    boolean remove(Runnable message) {
        return messages.remove(message);
    }

    /** Whether a message may be there. */
    boolean hasMail() {
        return posted;
    }

    /**
     * Runs so many messages at the most: messages that post messages must not keep the loop from its ring. Where one throws,
     * those behind it stay.
     */
    void run(int most) {
        posted = false;
        boolean empty = false;
        try {
            for (int i = 0; i < most && !empty; i++) {
                Runnable message = messages.poll();
                if (message == null) {
                    empty = true;
                } else {
                    message.run();
                }
            }
        } finally {
            if (!empty) {
                posted = true;
            }
        }
    }

    /** The next message, for a loop that ends; null for none. */
    Runnable poll() {
        return messages.poll();
    }

    /** The loop is about to sleep. @return whether it may: true, and whoever posts from now on wakes it */
    boolean fallAsleep() {
        asleep = true;
        return !posted;
    }

    /** The loop doesn't sleep, or not any more. */
    void wakeUp() {
        asleep = false;
    }
}
