// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

import io.tidemark.disk.posix.EventFd;
import java.nio.ByteBuffer;

/**
 * Ends the waiting of the thread that serves a socket: once woken, every wait ends at once, for good; while paused, only waits
 * for something new.
 *
 * <p>{@link #wake} and {@link #pause} may be called from any thread; the rest belongs to the thread that waits.
 */
public final class Wakeup implements AutoCloseable {
    private final EventFd woken = new EventFd();
    private final EventFd paused = new EventFd();

    public void wake() {
        woken.signal();
    }

    /** Until {@link #resume}, no new connection or message is waited for; one that has begun is. */
    public void pause() {
        paused.signal();
    }

    /** Ends a pause. */
    public void resume() {
        SystemCalls.LIBC.read(paused.fd(), ByteBuffer.allocateDirect(Long.BYTES), Long.BYTES);
    }

    /** Waits until something new has come. @return false when woken or paused instead */
    boolean awaitNews(int fd) {
        return SystemCalls.poll(fd, SystemCalls.POLLIN, woken.fd(), paused.fd()) > 0;
    }

    /** Waits until the descriptor can be read or has ended. @return false when woken instead */
    boolean awaitInput(int fd) {
        return SystemCalls.poll(fd, SystemCalls.POLLIN, woken.fd()) > 0;
    }

    /** Waits until the descriptor can be written or has ended. @return false when woken instead */
    boolean awaitOutput(int fd) {
        return SystemCalls.poll(fd, SystemCalls.POLLOUT, woken.fd()) > 0;
    }

    @Override
    public void close() {
        woken.close();
        paused.close();
    }
}
