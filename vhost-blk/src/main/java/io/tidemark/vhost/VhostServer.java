// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost;

import io.tidemark.disk.Geometry;
import io.tidemark.vhost.blk.BlkDevice;
import io.tidemark.vhost.connection.Connection;
import io.tidemark.vhost.connection.ConnectionObserver;
import io.tidemark.vhost.connection.Session;
import io.tidemark.vhost.protocol.MessageStream;
import io.tidemark.vhost.queue.QueueControl;
import io.tidemark.vhost.socket.ListeningSocket;
import io.tidemark.vhost.socket.UnixConnection;
import io.tidemark.vhost.socket.Wakeup;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves one disk on a Unix socket, one frontend at a time; the next is accepted when all of the former is cleaned up.
 *
 * <p>The queues must be ready before {@link #start}: a frontend may be there at once. {@link #start} and {@link #close}
 * are the owner's, {@link #status} is for any thread.
 */
public final class VhostServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VhostServer.class);

    private final String disk;
    private final Path socketPath;
    private final BlkDevice device;
    private final List<QueueControl> queues;
    private final ConnectionObserver observer;
    private volatile ConnectionStatus status = ConnectionStatus.NONE_YET;
    private volatile boolean closing;
    private Wakeup wakeup;
    private ListeningSocket socket;
    private Thread thread;

    /** @param queues the disk's queues, at least one; they outlive this server */
    public VhostServer(
            String disk,
            Path socketPath,
            Geometry geometry,
            List<? extends QueueControl> queues,
            ConnectionObserver observer) {
        this.disk = disk;
        this.socketPath = socketPath;
        this.queues = List.copyOf(queues);
        this.device = new BlkDevice(geometry, queues.size());
        this.observer = observer;
    }

    /** Loads the native calls of sockets ahead of their use, which takes a while. */
    public static void loadBindings() {
        ListeningSocket.loadBindings();
    }

    /** Listens, and serves frontends from now on. Throws a {@link VhostException} when it can't listen. */
    public void start() {
        wakeup = new Wakeup();
        try {
            socket = ListeningSocket.open(socketPath, wakeup);
        } catch (VhostException e) {
            wakeup.close();
            throw e;
        }
        thread = Thread.ofPlatform().name(disk + "-vhost").daemon(true).start(this::run);
    }

    public ConnectionStatus status() {
        return status;
    }

    private void run() {
        while (!closing) {
            try (UnixConnection connection = socket.accept()) {
                if (connection != null) {
                    serve(connection);
                }
            } catch (VhostException e) {
                LOG.error("disk {}: {}", disk, e.getMessage());
                if (e.code() == VhostException.Code.BAD_SOCKET) {
                    pause();
                }
            } catch (Throwable e) {
                // Of whatever a session dies, out of memory included: the next frontend may fare better.
                LOG.error("disk {}: the connection failed unexpectedly", disk, e);
                pause();
            }
        }
    }

    private void serve(UnixConnection unix) {
        String reason = "it failed unexpectedly";
        try {
            status = status.whenConnected();
            observer.connected();
            LOG.info("disk {}: a frontend has connected", disk);
            reason = serveSession(unix);
        } finally {
            status = status.whenDisconnected(reason);
            LOG.info("disk {}: the frontend is gone: {}", disk, reason);
            observer.disconnected(reason);
        }
    }

    private String serveSession(UnixConnection unix) {
        Session session = new Session(disk, device, queues, new Negotiation());
        try {
            return new Connection(disk, new MessageStream(unix), session).serve();
        } finally {
            session.end();
        }
    }

    /** Out of descriptors or memory, most likely: trying again at once would only burn the processor. */
    private void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lets the frontend go, with its rings stopped and drained, and listens no more. Idle when not started. */
    @Override
    public void close() {
        if (thread == null) {
            return;
        }
        closing = true;
        wakeup.wake();
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        thread = null;
        socket.close();
        wakeup.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Passes news on after noting them. */
    private final class Negotiation implements ConnectionObserver {
        @Override
        public void negotiated(long features) {
            status = status.whenNegotiated(features);
            observer.negotiated(features);
        }
    }
}
