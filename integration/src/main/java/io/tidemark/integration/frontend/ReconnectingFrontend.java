// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.frontend;

import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.LabException;
import io.tidemark.integration.process.Listening;
import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.protocol.Message;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Does what QEMU does with {@code -chardev socket,reconnect=1}, only sooner: when the backend dies, it connects to the next one as
 * soon as that listens, and gives it the memory, the rings and the record of requests in flight. Nothing is sent again.
 */
public final class ReconnectingFrontend implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long LOOK_NANOS = 2_000_000;

    private final Path socket;
    private final Machine machine;
    private final Handshake.Observer observer;
    private final Thread thread;
    private final AtomicInteger handshakes = new AtomicInteger();
    private volatile RuntimeException failure;
    private volatile boolean closing;

    /** Guarded by this: whoever closes may wake it only while it is open. */
    private Frontend connection;

    /** Connects as soon as somebody listens on the socket. The machine stays the caller's. */
    public ReconnectingFrontend(Path socket, Machine machine, Handshake.Observer observer) {
        this.socket = socket;
        this.machine = machine;
        this.observer = observer;
        this.thread = Thread.ofPlatform().name("frontend").start(this::run);
    }

    /** How many backends serve or have served the machine. */
    public int handshakes() {
        return handshakes.get();
    }

    /** Waits until so many backends have been told all. */
    public void awaitHandshakes(int count) {
        Await.until("a backend that serves the machine", PATIENCE, () -> {
            check();
            return handshakes.get() >= count;
        });
    }

    /** Throws what went wrong, if anything other than the death of a backend did. */
    public void check() {
        if (failure != null) {
            throw new LabException("frontend: " + failure.getMessage(), failure);
        }
    }

    private void run() {
        while (!closing) {
            if (!Listening.at(socket)) {
                LockSupport.parkNanos(LOOK_NANOS);
                continue;
            }
            try (Frontend frontend = Frontend.connect(socket)) {
                stayWith(frontend);
            } catch (UncheckedIOException e) {
                // It died between our look and our connecting.
            } catch (VhostException e) {
                if (e.code() != VhostException.Code.DISCONNECTED) {
                    failure = e;
                    return;
                }
            } catch (RuntimeException e) {
                failure = e;
                return;
            }
        }
    }

    /** Until it dies, or this side is closed. */
    private void stayWith(Frontend frontend) {
        connection(frontend);
        try {
            Handshake.serve(frontend, machine, true, observer);
            handshakes.incrementAndGet();
            try (Message message = closing ? null : frontend.receive()) {
                if (message != null) {
                    throw new LabException("the backend said " + message + ", unasked");
                }
            }
        } finally {
            connection(null);
        }
    }

    private synchronized void connection(Frontend open) {
        connection = open;
    }

    private synchronized void wake() {
        if (connection != null) {
            connection.wake();
        }
    }

    /** Leaves the backend. */
    @Override
    public void close() {
        closing = true;
        wake();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while leaving the backend", e);
        }
    }
}
