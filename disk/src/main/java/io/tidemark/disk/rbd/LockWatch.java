// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every few seconds whether the cluster has locked this client out: librbd may never end a request then that was on its way, and a
 * guest would wait for good. While the cluster doesn't answer, nor does the question end, and nothing is concluded.
 */
final class LockWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LockWatch.class);
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final String name;
    private final RbdImage image;
    private final Runnable whenLockedOut;
    private final Thread thread;
    private volatile boolean ended;

    /**
     * @param name of the image
     * @param whenLockedOut called once, on a thread of its own
     */
    LockWatch(String name, RbdImage image, Runnable whenLockedOut) {
        this.name = name;
        this.image = image;
        this.whenLockedOut = whenLockedOut;
        this.thread = Thread.ofPlatform().name(name + " lock").daemon().start(this::run);
    }

    private void run() {
        while (!ended) {
            if (isLockedOut()) {
                LOG.error(
                        "image {}: the cluster has locked this client out (blocklist): another agent has taken the image,"
                                + " or an operator; its guest gets errors from now on. Stop this agent; if the image is"
                                + " nobody else's, start it again",
                        name);
                whenLockedOut.run();
                return;
            }
            LockSupport.parkNanos(PERIOD_NANOS);
        }
    }

    private boolean isLockedOut() {
        try {
            image.lockOwner();
            return false;
        } catch (LockedOutException _) {
            return true;
        } catch (IOException e) {
            LOG.debug("image {}: whose its lock is can't be asked", name, e);
            return false;
        }
    }

    /** Waits for a question that is on its way, as long as the cluster takes to answer it. */
    @Override
    public void close() {
        ended = true;
        boolean interrupted = false;
        while (thread.isAlive() && thread != Thread.currentThread()) {
            LockSupport.unpark(thread);
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
