// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.FrontendRequest;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * One check's dealings with a backend: its connections, guest memory and rings, all of which end with it. Belongs to the
 * check's thread, but for {@link #interrupt}.
 */
public final class Trial implements AutoCloseable {
    /** How long a backend may take for anything, in milliseconds. */
    public static final int PATIENCE_MS = 4_000;

    /** How long a backend is watched for what it must not do, in milliseconds. */
    public static final int WATCH_MS = 100;

    public static final long RAM = 0x10_0000;
    public static final int RAM_SIZE = 4 << 20;
    public static final int QUEUE_SIZE = 128;

    /** What a driver of split rings takes; logging and packed rings change how a ring is served. */
    public static final long USUAL = BlkFeatures.SIZE_MAX
            | BlkFeatures.SEG_MAX
            | BlkFeatures.RO
            | BlkFeatures.BLK_SIZE
            | BlkFeatures.FLUSH
            | BlkFeatures.TOPOLOGY
            | BlkFeatures.CONFIG_WCE
            | BlkFeatures.MQ
            | BlkFeatures.DISCARD
            | BlkFeatures.WRITE_ZEROES
            | BlkFeatures.INDIRECT_DESC
            | BlkFeatures.EVENT_IDX
            | BlkFeatures.VERSION_1;

    private final Path socket;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Queue<Frontend> frontends = new ConcurrentLinkedQueue<>();

    public Trial(Path socket) {
        this.socket = socket;
    }

    public Path socket() {
        return socket;
    }

    /** A connection on which nothing was said yet. */
    public Frontend connect() {
        Frontend frontend = closing(Frontend.connect(socket));
        frontends.add(frontend);
        return frontend;
    }

    public Frontend negotiated() {
        return negotiated(USUAL);
    }

    /** A connection with those of the features that are offered. */
    public Frontend negotiated(long features) {
        Frontend frontend = connect();
        frontend.negotiate(features, Protocol.TAKEN);
        return frontend;
    }

    public boolean hasFeature(long feature) {
        return BlkFeatures.has(asking(FrontendRequest.GET_FEATURES), feature);
    }

    public boolean hasProtocolFeature(long feature) {
        return (asking(FrontendRequest.GET_PROTOCOL_FEATURES) & feature) != 0;
    }

    private long asking(FrontendRequest request) {
        try (Frontend frontend = Frontend.connect(socket)) {
            frontends.add(frontend);
            long features = frontend.getU64(FrontendRequest.GET_FEATURES);
            return request == FrontendRequest.GET_FEATURES ? features : frontend.getU64(request);
        }
    }

    /** A disk that is ready for requests on ring 0. */
    public AttachedDisk attach() {
        return attach(USUAL, QUEUE_SIZE);
    }

    public AttachedDisk attach(long features, int queueSize) {
        Frontend frontend = negotiated(features);
        GuestRam ram = closing(frontend.share(RAM, RAM_SIZE));
        DriverRing ring = closing(frontend.startRing(0, queueSize, ram));
        return new AttachedDisk(this, frontend, ram, ring);
    }

    /** Closes it when the check has ended, or {@link #leave leaves}. */
    public <T extends AutoCloseable> T closing(T thing) {
        open.push(thing);
        return thing;
    }

    /** Cuts all connections. */
    public void leave() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Cuts all connections; then a new one must be served as ever. */
    public void servesTheNext() {
        leave();
        AttachedDisk disk = attach();
        disk.check(0, 1);
    }

    /** Ends the check's waiting for answers. From any thread. */
    public void interrupt() {
        frontends.forEach(Frontend::interrupt);
    }

    @Override
    public void close() {
        leave();
    }
}
