// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every few seconds whether the cluster has locked this client out: librbd may never end a request then that was on its way, and a
 * guest would wait for good. Likewise whether another has the lock by now, which an operator may have given away without locking this
 * client out. While the cluster doesn't answer, nor does the question end, and nothing is concluded.
 */
final class LockWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LockWatch.class);
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final String name;
    private final RbdImage image;
    private final String self;
    private final Runnable whenLockedOut;
    private final Thread thread;
    private volatile boolean givingBack;
    private volatile boolean ended;

    /**
     * @param name of the image
     * @param self how the cluster calls this client
     * @param whenLockedOut called once, on a thread of its own
     */
    LockWatch(String name, RbdImage image, String self, Runnable whenLockedOut) {
        this.name = name;
        this.image = image;
        this.self = self;
        this.whenLockedOut = whenLockedOut;
        this.thread = Thread.ofPlatform().name(name + " lock").daemon().start(this::run);
    }

    private void run() {
        while (!ended) {
            Optional<String> loss = loss();
            if (loss.isPresent()) {
                LOG.error(
                        "image {}: {}; its guest gets errors from now on. Stop this agent; if the image is nobody else's,"
                                + " start it again",
                        name,
                        loss.get());
                whenLockedOut.run();
                return;
            }
            LockSupport.parkNanos(PERIOD_NANOS);
        }
    }

    /** Told before the lock is given back, so that another may have it; and told again if it wasn't. */
    void givingBack(boolean now) {
        givingBack = now;
    }

    private Optional<String> loss() {
        try {
            Optional<String> owner = image.lockOwner();
            // Nobody has it while librbd takes it again, after the cluster had lost sight of this client.
            return owner.filter(other -> !other.equals(self) && !givingBack)
                    .map(other -> "another client has taken its lock, " + other);
        } catch (LockedOutException _) {
            return Optional.of(
                    "the cluster has locked this client out (blocklist): another agent has taken the image, or"
                            + " an operator");
        } catch (IOException e) {
            LOG.debug("image {}: whose its lock is can't be asked", name, e);
            return Optional.empty();
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
