// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost;

import io.tidemark.disk.Geometry;
import io.tidemark.vhost.blk.BlkDevice;
import io.tidemark.vhost.connection.Connection;
import io.tidemark.vhost.connection.ConnectionObserver;
import io.tidemark.vhost.connection.Session;
import io.tidemark.vhost.handover.SaidAgain;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.MessageStream;
import io.tidemark.vhost.queue.QueueControl;
import io.tidemark.vhost.socket.Fd;
import io.tidemark.vhost.socket.ListeningSocket;
import io.tidemark.vhost.socket.UnixConnection;
import io.tidemark.vhost.socket.Wakeup;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
    private static final long PAUSE_PATIENCE_SECONDS = 10;

    private final String disk;
    private final Path socketPath;
    private final BlkDevice device;
    private final List<QueueControl> queues;
    private final ConnectionObserver observer;
    private volatile ConnectionStatus status = ConnectionStatus.NONE_YET;
    private volatile boolean closing;
    private volatile Pause pause;
    private volatile boolean handedOver;
    private Wakeup wakeup;
    private ListeningSocket socket;
    private Thread thread;

    /** What another process has served before: until {@link #goOn} the owner's, then the thread's. */
    private UnixConnection adoptedConnection;

    private Session adopted;

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
        serveFromNowOn();
    }

    private void serveFromNowOn() {
        thread = Thread.ofPlatform().name(disk + "-vhost").daemon(true).start(this::run);
    }

    /**
     * Instead of {@link #start}: goes on in place of another process, which has paused. Nothing is served before {@link #goOn}.
     *
     * @param listener the socket that listens on the path, this server's from now on
     * @param connection the frontend's connection, likewise; {@link Fd#NONE} when there is none
     * @throws VhostException when they are not what they should be
     */
    public void adopt(int listener, int connection) {
        wakeup = new Wakeup();
        socket = ListeningSocket.adopt(socketPath, listener, wakeup);
        if (connection != Fd.NONE) {
            adoptedConnection = UnixConnection.adopt(connection, wakeup);
            adopted = new Session(disk, device, queues, new Negotiation());
        }
    }

    /** Does what the frontend has said to the other process. Throws a {@link VhostException} when it can't be done here. */
    public void replay(Message message) {
        if (adopted == null) {
            message.close();
            throw new VhostException(
                    VhostException.Code.BAD_REQUEST, "disk " + disk + " has no frontend to go on with");
        }
        adopted.replay(message);
    }

    /** Serves what was adopted. */
    public void goOn() {
        serveFromNowOn();
    }

    /** Likewise, but lets the frontend go: it may connect anew, and then what was in flight is done again. */
    public void goOnWithoutFrontend() {
        if (adopted != null) {
            adopted.end();
            adoptedConnection.close();
            adopted = null;
            adoptedConnection = null;
        }
        serveFromNowOn();
    }

    /**
     * Stops between two messages, while the rings go on. The frontend's next message waits.
     *
     * @throws VhostException when that takes longer than seconds, as while a ring drains into a slow image
     */
    public Pause pause() {
        Pause wanted = new Pause();
        synchronized (this) {
            if (pause != null) {
                throw new VhostException(
                        VhostException.Code.BAD_REQUEST,
                        "disk " + disk + " is being handed over or resized by somebody else; try again");
            }
            pause = wanted;
        }
        wakeup.pause();
        try {
            wanted.reached.get(PAUSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
            return wanted;
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            wanted.resume();
            throw new VhostException(
                    VhostException.Code.BAD_REQUEST,
                    "disk " + disk + " is busy with its frontend: nothing else can be done now; try again",
                    e);
        }
    }

    /**
     * The image has another size now, by which the queues go already: tells the frontend and through it the guest.
     *
     * @throws VhostException when it can't be told now, but at its next connect
     */
    public void resized(Geometry now) {
        device.resized(now);
        Pause moment = pause();
        try {
            if (moment.session != null) {
                moment.session.tellSize();
            }
        } finally {
            moment.resume();
        }
    }

    /** Likewise, said by {@link ConnectionObserver#starting}: the frontend is told when the ring runs. */
    public void resizedMeanwhile(Geometry now) {
        device.resized(now);
    }

    public ConnectionStatus status() {
        return status;
    }

    private void run() {
        if (adoptedConnection != null) {
            guarded(() -> {
                try (UnixConnection connection = adoptedConnection) {
                    serve(connection, adopted);
                }
            });
        }
        while (!closing) {
            guarded(this::serveNext);
        }
    }

    private void guarded(Runnable serving) {
        try {
            serving.run();
        } catch (VhostException e) {
            LOG.error("disk {}: {}", disk, e.getMessage());
            if (e.code() == VhostException.Code.BAD_SOCKET) {
                takeBreath();
            }
        } catch (Throwable e) {
            // Of whatever a session dies, out of memory included: the next frontend may fare better.
            LOG.error("disk {}: the connection failed unexpectedly", disk, e);
            takeBreath();
        }
    }

    private void serveNext() {
        try (UnixConnection connection = socket.accept()) {
            if (connection != null) {
                LOG.info("disk {}: a frontend has connected", disk);
                serve(connection, new Session(disk, device, queues, new Negotiation()));
            } else {
                pauseIfWanted(null, null);
            }
        }
    }

    private void serve(UnixConnection unix, Session session) {
        String reason = "it failed unexpectedly";
        try {
            status = status.whenConnected();
            observer.connected();
            reason = serveSession(unix, session);
        } finally {
            status = status.whenDisconnected(reason);
            LOG.info("disk {}: the frontend is gone: {}", disk, reason);
            observer.disconnected(reason);
        }
    }

    private String serveSession(UnixConnection unix, Session session) {
        try {
            Connection connection = new Connection(disk, new MessageStream(unix), session);
            String reason = connection.serve();
            while (reason.equals(Connection.NO_MORE) && pauseIfWanted(unix, session)) {
                reason = closing ? "it was handed over" : connection.serve();
            }
            return reason;
        } finally {
            session.end();
        }
    }

    /** @return whether there was a pause */
    private boolean pauseIfWanted(UnixConnection unix, Session session) {
        Pause wanted = pause;
        if (wanted == null) {
            return false;
        }
        wanted.connection = unix == null ? Fd.NONE : unix.fd();
        wanted.session = session;
        wanted.reached.complete(null);
        boolean left = wanted.decision.join();
        wakeup.resume(); // first: it must not swallow the next one's signal
        pause = null;
        closing |= left;
        wanted.ended.complete(null);
        return true;
    }

    /** Out of descriptors or memory, most likely: trying again at once would only burn the processor. */
    private void takeBreath() {
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
            letGoOfAdopted();
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
        if (handedOver) {
            socket.leave();
        } else {
            socket.close();
        }
        wakeup.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The other process goes on with all of it. */
    private void letGoOfAdopted() {
        if (adopted != null) {
            adopted.end();
            adoptedConnection.close();
            adopted = null;
        }
        if (socket != null) {
            socket.leave();
            wakeup.close();
            socket = null;
        }
    }

    /**
     * A server that stands still between two messages, so that another process can take it over. Ends with {@link #resume} or
     * {@link #leave}; until then everything in it belongs to who asked for the pause.
     */
    public final class Pause {
        private final CompletableFuture<Void> reached = new CompletableFuture<>();
        private final CompletableFuture<Boolean> decision = new CompletableFuture<>();
        private final CompletableFuture<Void> ended = new CompletableFuture<>();
        private int connection = Fd.NONE;
        private Session session;

        private Pause() {}

        /** The listening socket; it stays the server's. */
        public int listener() {
            return socket.fd();
        }

        /** The frontend's connection, which stays the server's; {@link Fd#NONE} when there is none. */
        public int connection() {
            return connection;
        }

        /** What the other process is to be told of the frontend before {@link #stopRings}. */
        public List<SaidAgain> setUp() {
            return session == null ? List.of() : session.setUp();
        }

        /**
         * Stops the rings and waits until what they took is done: the guest's pause begins here.
         *
         * @return what starts them in the other process
         */
        public List<SaidAgain> stopRings() {
            return session == null ? List.of() : session.pause();
        }

        /** Goes on as if nothing had been. */
        public void resume() {
            try {
                if (session != null) {
                    session.resume();
                }
            } finally {
                decision.complete(false);
            }
            if (reached.isDone()) {
                ended.join(); // the next pause may follow at once
            }
        }

        /** The other process goes on: this server ends, and leaves the socket's path alone. */
        public void leave() {
            handedOver = true;
            decision.complete(true);
        }
    }

    /** Passes news on after noting them. */
    private final class Negotiation implements ConnectionObserver {
        @Override
        public void negotiated(long features) {
            status = status.whenNegotiated(features);
            observer.negotiated(features);
        }

        @Override
        public void starting() {
            observer.starting();
        }

        @Override
        public void moved() {
            observer.moved();
        }
    }
}
