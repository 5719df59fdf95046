// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import io.tidemark.vhost.blk.BlkConfig;
import io.tidemark.vhost.blk.BlkDevice;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.handover.SaidAgain;
import io.tidemark.vhost.protocol.BackendRequest;
import io.tidemark.vhost.protocol.ConfigAccess;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.MessageHeader;
import io.tidemark.vhost.protocol.ProtocolFeature;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringAddress;
import io.tidemark.vhost.protocol.VringFd;
import io.tidemark.vhost.protocol.VringState;
import io.tidemark.vhost.queue.QueueControl;
import io.tidemark.vhost.queue.RingLog;
import io.tidemark.vhost.socket.Fd;
import io.tidemark.vhost.socket.PassedFds;
import io.tidemark.vhost.socket.UnixConnection;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that one frontend has negotiated, shared and set up, and what each of its messages does to it (vhost-user.rst,
 * "Front-end message types"). Belongs to the connection's thread.
 */
public final class Session {
    private static final MemorySegment EMPTY = MemorySegment.ofArray(new byte[0]);
    private static final Reply DONE = Reply.of(EMPTY);

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private final String disk;
    private final BlkDevice device;
    private final List<QueueControl> queues;
    private final ConnectionObserver observer;
    private final SharedMemory memory;
    private final Rings rings;
    private long features;
    private long protocolFeatures;
    private long status;
    private int backendRequests = Fd.NONE;
    private InflightMemory inflight;
    private LogMemory log;

    /** Up to which of the device's sizes the frontend was told. */
    private int toldSizes;

    /** Whether the queues mark what they write. */
    private boolean logging;

    public Session(String disk, BlkDevice device, List<QueueControl> queues, ConnectionObserver observer) {
        this.disk = disk;
        this.device = device;
        this.queues = queues;
        this.observer = observer;
        this.memory = new SharedMemory(disk, queues);
        this.rings = new Rings(disk, queues);
        this.toldSizes = device.sizes();
    }

    boolean hasProtocolFeature(long feature) {
        return (protocolFeatures & feature) != 0;
    }

    /**
     * Does what the message asks for.
     *
     * @return the answer, for requests that have one of their own
     * @throws VhostException when the request is refused
     */
    Reply handle(FrontendRequest request, Message message) {
        MemorySegment payload = message.payload();
        check(request, message);
        return switch (request) {
            case GET_FEATURES -> number(device.offeredFeatures());
            case SET_FEATURES -> done(() -> setFeatures(U64.get(payload)));
            case GET_PROTOCOL_FEATURES -> number(ProtocolFeature.OFFERED);
            case SET_PROTOCOL_FEATURES -> done(() -> setProtocolFeatures(U64.get(payload)));
            case SET_OWNER -> DONE;
            case RESET_OWNER -> done(rings::disableAll);
            case GET_QUEUE_NUM -> number(rings.count());
            case GET_MAX_MEM_SLOTS -> number(SharedMemory.MAX_REGIONS);
            case SET_MEM_TABLE -> done(() -> memory.replace(payload, message.fds()));
            case ADD_MEM_REG -> done(() -> memory.add(payload, message.fds()));
            case REM_MEM_REG -> done(() -> memory.remove(payload));
            case SET_LOG_BASE -> setLog(payload, message.fds());
            case SET_VRING_NUM -> done(() -> ring(payload).size(VringState.num(payload), features));
            case SET_VRING_ADDR ->
                done(() -> rings.get(VringAddress.index(payload))
                        .place(
                                VringAddress.descriptors(payload),
                                VringAddress.available(payload),
                                VringAddress.used(payload),
                                VringAddress.isLogged(payload) ? VringAddress.log(payload) : RingLog.NO_RING));
            case SET_VRING_BASE -> done(() -> ring(payload).base(VringState.num(payload), features));
            case GET_VRING_BASE -> stop(payload);
            case SET_VRING_KICK -> done(() -> kick(U64.get(payload), message.fds()));
            case SET_VRING_CALL ->
                done(() -> {
                    Ring ring = ring(U64.get(payload));
                    ring.call(fd(U64.get(payload), message.fds()));
                });
            case SET_VRING_ERR ->
                done(() -> {
                    Ring ring = ring(U64.get(payload));
                    ring.error(fd(U64.get(payload), message.fds()));
                });
            case SET_VRING_ENABLE -> done(() -> enable(payload));
            case SET_BACKEND_REQ_FD -> done(() -> setBackendRequests(message.fds()));
            case GET_CONFIG -> Reply.of(getConfig(payload));
            case SET_CONFIG -> done(() -> setConfig(payload));
            case GET_STATUS -> number(status);
            case SET_STATUS -> done(() -> setStatus(U64.get(payload)));
            case RESET_DEVICE -> done(this::reset);
            case GET_INFLIGHT_FD -> InflightMemory.make(payload, rings.count(), features);
            case SET_INFLIGHT_FD -> done(() -> setInflight(payload, message.fds()));
        };
    }

    // Handing over.

    /** Does what was {@linkplain SaidAgain said again} by the process that had the connection before. */
    public void replay(Message message) {
        FrontendRequest request = FrontendRequest.of(message.number());
        if (request == null) {
            throw refused("message " + message.number() + " is none of a frontend's");
        }
        try (message;
                Reply _ = handle(request, message)) {
            // A reply is the frontend's, and was given long ago.
        }
    }

    /** All that another process needs to go on with the frontend, but for {@link #pause}. */
    public List<SaidAgain> setUp() {
        List<SaidAgain> said = new ArrayList<>();
        said.add(new SaidAgain(FrontendRequest.SET_PROTOCOL_FEATURES, U64.of(protocolFeatures)));
        said.add(new SaidAgain(FrontendRequest.SET_FEATURES, U64.of(features)));
        if (!device.mayCacheWrites() && BlkFeatures.has(features, BlkFeatures.CONFIG_WCE)) {
            said.add(
                    new SaidAgain(FrontendRequest.SET_CONFIG, ConfigAccess.of(BlkConfig.WRITEBACK, 0, new byte[] {0})));
        }
        if (status != 0) {
            said.add(new SaidAgain(FrontendRequest.SET_STATUS, U64.of(status)));
        }
        said.addAll(memory.setUp());
        if (log != null) {
            said.add(log.setUp());
        }
        if (inflight != null) {
            said.add(inflight.setUp());
        }
        if (backendRequests != Fd.NONE) {
            said.add(new SaidAgain(FrontendRequest.SET_BACKEND_REQ_FD, EMPTY, backendRequests));
        }
        said.addAll(rings.setUp());
        return said;
    }

    /**
     * Stops all rings, and waits until what they took is done.
     *
     * @return what starts them in another process
     */
    public List<SaidAgain> pause() {
        return rings.pause();
    }

    /** Starts the rings again that {@link #pause} has stopped. */
    public void resume() {
        rings.resume(memory.table(), features, this::inflightOf);
    }

    private static Reply done(Runnable action) {
        action.run();
        return DONE;
    }

    private static Reply number(long value) {
        return Reply.of(U64.of(value));
    }

    private static void check(FrontendRequest request, Message message) {
        if ((message.flags() & MessageHeader.REPLY) != 0) {
            throw new VhostException(Code.BAD_FRAMING, "a frontend sent a reply to nothing");
        }
        if (!request.fits(message.payload().byteSize())) {
            throw refused("a payload of " + message.payload().byteSize() + " bytes is not of this message");
        }
        if (message.fds().tooMany()) {
            throw refused("more than " + PassedFds.MAX + " file descriptors came along");
        }
    }

    private void setFeatures(long wanted) {
        long alien = wanted & ~device.offeredFeatures();
        if (alien != 0) {
            throw refused("features 0x%x were not offered".formatted(alien));
        }
        if (((wanted ^ features) & ~BlkFeatures.LOG_ALL) != 0 && rings.anyStarted()) {
            throw refused("features can't change while a ring is started");
        }
        features = wanted;
        device.negotiated(wanted);
        tellWriteCache();
        tellLogging();
        observer.negotiated(wanted);
    }

    private void tellLogging() {
        boolean wanted = log != null && BlkFeatures.has(features, BlkFeatures.LOG_ALL);
        if (wanted != logging) {
            rings.log(wanted ? log.log() : null);
            logging = wanted;
        }
    }

    private Reply stop(MemorySegment payload) {
        Ring ring = ring(payload);
        boolean last = ring.started() && rings.countStarted() == 1;
        int base = ring.stop();
        if (last) {
            stoppedAll();
        }
        return Reply.of(VringState.of(VringState.index(payload), base));
    }

    private void stoppedAll() {
        if (logging) {
            observer.moved();
        }
    }

    private Reply setLog(MemorySegment payload, PassedFds fds) {
        if (!hasProtocolFeature(ProtocolFeature.LOG_SHMFD) || fds.count() != 1) {
            throw refused("a log comes as one file descriptor, by LOG_SHMFD");
        }
        useLog(LogMemory.map(payload, fds.take(), memory.table()));
        return number(0);
    }

    /** The answer says that nothing is marked in the former one any more: the frontend reads it for the last time. */
    private void useLog(LogMemory wanted) {
        LogMemory former = log;
        log = wanted;
        boolean free = true;
        if (logging) {
            free = rings.log(wanted == null ? null : wanted.log());
            logging = wanted != null;
        }
        if (former != null && free) {
            former.close();
        }
        tellLogging();
    }

    private void setProtocolFeatures(long wanted) {
        long alien = wanted & ~ProtocolFeature.OFFERED;
        if (alien != 0) {
            throw refused("protocol features 0x%x were not offered".formatted(alien));
        }
        protocolFeatures = wanted;
    }

    private Ring ring(MemorySegment state) {
        return rings.get(VringState.index(state));
    }

    private Ring ring(long value) {
        return rings.get(VringFd.index(value));
    }

    private static int fd(long value, PassedFds fds) {
        if (!VringFd.hasFd(value)) {
            return Fd.NONE;
        }
        if (fds.count() != 1) {
            throw refused(fds.count() + " file descriptors came along instead of one");
        }
        return fds.take();
    }

    /** Without PROTOCOL_FEATURES a ring is enabled from its start, with it by SET_VRING_ENABLE. */
    private void kick(long value, PassedFds fds) {
        int index = VringFd.index(value);
        Ring ring = rings.get(index);
        boolean enabled = !BlkFeatures.has(features, BlkFeatures.PROTOCOL_FEATURES);
        if (!rings.anyStarted()) {
            observer.starting();
        }
        ring.kick(fd(value, fds), memory.table(), features, enabled, size -> inflightOf(index, size));
        tellSize();
    }

    /**
     * Tells the frontend that the disk has another size, if it has one and the frontend wants to hear it. May be called by
     * another thread while the connection's stands still.
     */
    public void tellSize() {
        int sizes = device.sizes();
        if (sizes == toldSizes || backendRequests == Fd.NONE || !hasProtocolFeature(ProtocolFeature.CONFIG)) {
            return;
        }
        if (!UnixConnection.sendAtOnce(backendRequests, BackendRequest.CONFIG_CHANGE_MSG.message())) {
            LOG.warn("disk {}: the frontend takes no news of the size; tell it again with resize", disk);
        } else if (rings.anyStarted()) {
            // Without a ring it may not listen yet: it is told again when one starts.
            toldSizes = sizes;
        }
    }

    private MemorySegment inflightOf(int ring, int size) {
        return inflight == null ? null : inflight.of(ring, size, features);
    }

    private void setInflight(MemorySegment payload, PassedFds fds) {
        if (rings.anyStarted()) {
            throw refused("the record of requests in flight can't change while a ring is started");
        }
        if (fds.count() != 1) {
            throw refused(fds.count() + " file descriptors came along instead of one");
        }
        InflightMemory given = InflightMemory.map(payload, fds.take(), rings.count(), features);
        forgetInflight();
        inflight = given;
    }

    private void forgetInflight() {
        if (inflight != null) {
            inflight.close();
            inflight = null;
        }
    }

    private void enable(MemorySegment payload) {
        int wanted = VringState.num(payload);
        if (wanted != 0 && wanted != 1) {
            throw refused("a ring can be enabled (1) or not (0), but not " + Integer.toUnsignedString(wanted));
        }
        ring(payload).enable(wanted == 1);
    }

    private void setBackendRequests(PassedFds fds) {
        if (fds.count() != 1) {
            throw refused(fds.count() + " file descriptors came along instead of one");
        }
        Fd.close(backendRequests);
        backendRequests = fds.take();
    }

    /** An answer without payload says that it can't be read. */
    private MemorySegment getConfig(MemorySegment payload) {
        int offset = ConfigAccess.offset(payload);
        int bytes = ConfigAccess.bytes(payload);
        boolean inside = offset >= 0 && bytes >= 0 && (long) offset + bytes <= ConfigAccess.MAX_BYTES;
        return inside ? ConfigAccess.of(offset, 0, device.config(offset, bytes)) : EMPTY;
    }

    private void setConfig(MemorySegment payload) {
        int offset = ConfigAccess.offset(payload);
        int bytes = ConfigAccess.bytes(payload);
        if (offset < 0
                || bytes != payload.byteSize() - ConfigAccess.MIN_SIZE
                || (long) offset + bytes > ConfigAccess.MAX_BYTES) {
            throw refused("the range is not inside the configuration");
        }
        byte[] data = payload.asSlice(ConfigAccess.DATA).toArray(ValueLayout.JAVA_BYTE);
        if (!device.config(offset, data)) {
            throw refused("of the configuration only the write cache (wce) can be written, to 0 or 1, if negotiated");
        }
        tellWriteCache();
    }

    private void tellWriteCache() {
        boolean writeback = device.mayCacheWrites();
        queues.forEach(queue -> queue.writeCache(writeback));
    }

    private void setStatus(long wanted) {
        if (wanted == 0) {
            reset();
        }
        status = wanted;
    }

    /** Memory stays: frontends keep account of what they shared, and share nothing twice. */
    private void reset() {
        boolean running = rings.anyStarted();
        rings.stopAll();
        if (running) {
            stoppedAll();
        }
        rings.resetAll();
        features &= BlkFeatures.PROTOCOL_FEATURES;
        tellLogging();
        status = 0;
    }

    /** Stops and drains all rings, gives memory and descriptors back. */
    public void end() {
        rings.stopAll();
        rings.resetAll();
        useLog(null);
        memory.clear();
        forgetInflight();
        device.negotiated(0);
        tellWriteCache();
        Fd.close(backendRequests);
        backendRequests = Fd.NONE;
    }

    private static VhostException refused(String reason) {
        return new VhostException(Code.BAD_REQUEST, reason);
    }
}
