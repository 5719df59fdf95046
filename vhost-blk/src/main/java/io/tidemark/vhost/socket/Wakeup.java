// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

import io.tidemark.disk.posix.EventFd;

/**
 * Ends the waiting of the thread that serves a socket: once woken, every wait ends at once, for good.
 *
 * <p>{@link #wake} may be called from any thread; the rest belongs to the thread that waits.
 */
public final class Wakeup implements AutoCloseable {
    private static final short POLLIN = 1;
    private static final short POLLOUT = 4;

    private final EventFd woken = new EventFd();

    public void wake() {
        woken.signal();
    }

    /** Waits until the descriptor can be read or has ended. @return false when woken instead */
    boolean awaitInput(int fd) {
        return SystemCalls.poll(fd, POLLIN, woken.fd(), POLLIN) > 0;
    }

    /** Waits until the descriptor can be written or has ended. @return false when woken instead */
    boolean awaitOutput(int fd) {
        return SystemCalls.poll(fd, POLLOUT, woken.fd(), POLLIN) > 0;
    }

    @Override
    public void close() {
        woken.close();
    }
}
