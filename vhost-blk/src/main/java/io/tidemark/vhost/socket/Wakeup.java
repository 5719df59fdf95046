// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;

/**
 * Ends the waiting of the thread that serves a socket: once woken, every wait ends at once, for good.
 *
 * <p>{@link #wake} may be called from any thread; the rest belongs to the thread that waits.
 */
public final class Wakeup implements AutoCloseable {
    private static final short POLLIN = 1;
    private static final short POLLOUT = 4;

    private final int eventfd;
    private boolean closed;

    public Wakeup() {
        eventfd = SystemCalls.eventfd();
        if (eventfd < 0) {
            throw new VhostException(
                    Code.BAD_SOCKET, "no eventfd to be had (errno " + -eventfd + "): raise the limit of open files");
        }
    }

    public synchronized void wake() {
        if (!closed) {
            EventFd.signal(eventfd);
        }
    }

    /** Waits until the descriptor can be read or has ended. @return false when woken instead */
    boolean awaitInput(int fd) {
        return SystemCalls.poll(fd, POLLIN, eventfd, POLLIN) > 0;
    }

    /** Waits until the descriptor can be written or has ended. @return false when woken instead */
    boolean awaitOutput(int fd) {
        return SystemCalls.poll(fd, POLLOUT, eventfd, POLLIN) > 0;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Fd.close(eventfd);
        }
    }
}
