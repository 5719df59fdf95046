// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.ServedDisk;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.config.ProtectionWish;
import io.tidemark.agent.history.RetentionOrder;
import io.tidemark.agent.history.RetentionReport;
import io.tidemark.agent.image.UnfinishedRestore;
import io.tidemark.agent.metrics.QueueSnapshot;
import io.tidemark.agent.status.DiskStatus;
import io.tidemark.agent.status.MarkStatus;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.agent.status.ThrottleStatus;
import io.tidemark.cdp.StoreException;
import io.tidemark.disk.Filter;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.capture.WriteClock;
import io.tidemark.filters.protect.Protection;
import io.tidemark.filters.throttle.Limits;
import io.tidemark.filters.throttle.Throttle;
import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostServer;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.connection.ConnectionObserver;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.queue.QueueLoop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A disk as it is really served: an image, its queue loops, its protection, its socket. */
public final class VhostDisk implements ServedDisk {
    private static final Logger LOG = LoggerFactory.getLogger(VhostDisk.class);

    private final DiskConfig config;
    private final Image image;
    private final Throttle throttle;
    private final List<QueueLoop> loops = new ArrayList<>();
    private final Tenure tenure = new Tenure();
    private final DiskProtection protection;
    private final InPlaceRestores restores;
    private final long startedNanos = System.nanoTime();
    private VhostServer server;

    private volatile Optional<Limits> limitsSet = Optional.empty();

    private VhostDisk(DiskConfig config, Image image) {
        this.config = config;
        this.image = image;
        this.throttle = new Throttle(config.throttle());
        this.protection = new DiskProtection(config, image, this::filters);
        this.restores = new InPlaceRestores(config.id(), image, config.image());
    }

    /**
     * Goes on with a disk that another process has served. Nothing is served before {@link #goOn}.
     *
     * @param holdsImage whether the image was that process's to use
     * @param heir this process' number as its heir
     * @param descriptors of the image, this disk's from now on
     * @param listener the socket that listens for the frontend, likewise
     * @param connection the frontend's connection or {@link io.tidemark.vhost.socket.Fd#NONE}, likewise
     */
    static VhostDisk adopt(
            DiskConfig config, boolean holdsImage, int heir, int[] descriptors, int listener, int connection) {
        ImageName name = ImageName.parse(config.image());
        VhostDisk disk = new VhostDisk(config, Images.adopt(name, config.readOnly(), descriptors));
        disk.tenure.mine = holdsImage;
        disk.protection.inherit(heir);
        return disk.orClosed(() -> {
            disk.startLoops();
            if (holdsImage) {
                disk.protection.noteChanges();
            }
            disk.server = disk.newServer();
            disk.server.adopt(listener, connection);
        });
    }

    /** This, once that is done; or closed, if it fails. */
    private VhostDisk orClosed(Runnable beginning) {
        try {
            beginning.run();
            return this;
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Does what the frontend has said to the other process. */
    void replay(Message message) {
        server.replay(message);
    }

    /** Serves what was adopted, without protection yet: the other process still has the history. */
    void goOn() {
        server.goOn();
    }

    /** Likewise; the frontend has to connect anew. */
    void goOnWithoutFrontend() {
        server.goOnWithoutFrontend();
    }

    /** Opens the disk and listens; see {@link ServedDisk.Opener#open}. */
    public static VhostDisk open(DiskConfig config, WriteClock clock) {
        UnfinishedRestore.refuseToServe(ImageName.parse(config.image()));
        VhostDisk disk = new VhostDisk(
                config,
                Patience.whileInUse(
                        config.image(), () -> Images.open(ImageName.parse(config.image()), config.readOnly())));
        disk.tenure.mine = true;
        return disk.orClosed(() -> {
            disk.startLoops();
            disk.protect(clock);
            disk.listen();
        });
    }

    /** Likewise for a guest that is going to be moved here: until its rings run, the image is another agent's. */
    public static VhostDisk openIncoming(DiskConfig config, WriteClock clock) {
        UnfinishedRestore.refuseToServe(ImageName.parse(config.image()));
        VhostDisk disk = new VhostDisk(config, Images.openUnlocked(ImageName.parse(config.image()), config.readOnly()));
        return disk.orClosed(() -> {
            disk.startLoops();
            disk.protect(clock);
            disk.listen();
        });
    }

    /** Opens the disk for work of the agent's own; no guest can connect. */
    public static VhostDisk openUnserved(DiskConfig config, WriteClock clock) {
        UnfinishedRestore.refuseToServe(ImageName.parse(config.image()));
        VhostDisk disk = new VhostDisk(config, Images.open(ImageName.parse(config.image()), false));
        disk.tenure.mine = true;
        return disk.orClosed(() -> {
            disk.startLoops();
            disk.protect(clock);
        });
    }

    /** How the protection stands; empty without a history. */
    Optional<io.tidemark.filters.protect.ProtectionStatus> protectionStatus() {
        return protection.now().map(Protection::status);
    }

    /**
     * Serves an image that is open already, without a history.
     *
     * @param image this disk's from now on, also when this fails
     */
    public static VhostDisk serve(DiskConfig config, Image image) {
        VhostDisk disk = new VhostDisk(config, image);
        disk.tenure.mine = true;
        return disk.orClosed(() -> {
            disk.startLoops();
            disk.listen();
        });
    }

    private void startLoops() {
        byte[] id = config.id().getBytes(StandardCharsets.US_ASCII);
        byte[] serial = Arrays.copyOf(id, Math.min(id.length, BlkRequestType.ID_BYTES));
        for (int i = 0; i < config.queues(); i++) {
            loops.add(new QueueLoop(config.id() + "-q" + i, image, serial));
        }
        filters(List.of()).join();
    }

    /** Records what the guest writes from now on; of a guest that is yet to come, from its first write on. */
    void protect(WriteClock clock) {
        tenure.protect(clock);
    }

    /** What was wished of another agent, which this one goes on for; before {@link #protect(WriteClock)}. */
    void inheritProtection(ProtectionWish wish) {
        protection.inherit(wish);
    }

    /** The throttle stands before them all, with or without limits. */
    private CompletableFuture<Void> filters(List<Filter> filters) {
        List<Filter> all = new ArrayList<>(filters);
        all.addFirst(throttle);
        return CompletableFuture.allOf(
                Stream.concat(loops.stream().map(loop -> loop.filters(all)), Stream.of(restores.filters(filters)))
                        .toArray(CompletableFuture[]::new));
    }

    @Override
    public void protect(ProtectionWish wanted) {
        tenure.protect(wanted);
    }

    @Override
    public Optional<Protection> protection() {
        return protection.now();
    }

    @Override
    public Optional<ProtectionWish> protectionSet() {
        return protection.set();
    }

    @Override
    public synchronized ThrottleStatus throttle(Limits limits) {
        throttle.limits(limits).join();
        limitsSet = Optional.of(limits);
        return DiskStatuses.of(throttle);
    }

    @Override
    public List<QueueSnapshot> queues() {
        return IntStream.range(0, loops.size())
                .mapToObj(i -> DiskStatuses.snapshot(i, loops.get(i)))
                .toList();
    }

    @Override
    public long startedNanos() {
        return startedNanos;
    }

    @Override
    public Optional<Limits> limitsSet() {
        return limitsSet;
    }

    private void listen() {
        VhostServer listener = newServer();
        try {
            listener.start();
        } catch (VhostException e) {
            throw translated(e);
        }
        server = listener;
    }

    private VhostServer newServer() {
        return new VhostServer(config.id(), config.socket(), image.geometry(), loops, tenure);
    }

    @Override
    public void resize(long capacity) {
        try {
            tenure.resize(capacity);
            server.resized(image.geometry());
        } catch (ImageException | VhostException e) {
            throw new AgentException(Code.REFUSED, e.getMessage(), e);
        }
        LOG.info("disk {}: has {} bytes now", config.id(), image.geometry().capacity());
    }

    private void tellLoopsOfSize() {
        loops.forEach(loop -> loop.resized(image.geometry()).join());
    }

    /** Whose the image is: this agent's, or, of a guest that has moved or is yet to come, another one's. */
    private final class Tenure implements ConnectionObserver {
        /** Written under the lock; others look at it while that is held for long. */
        private volatile boolean mine;

        synchronized void protect(WriteClock clock) {
            protection.begin(clock, mine);
        }

        synchronized void protect(ProtectionWish wanted) {
            protection.change(wanted, mine);
        }

        boolean holds() {
            return mine;
        }

        synchronized void resize(long capacity) {
            restores.whyNoGuest().ifPresent(why -> {
                throw new AgentException(Code.REFUSED, "disk " + config.id(), why, "resize it afterwards");
            });
            if (!mine) {
                throw new AgentException(
                        Code.REFUSED,
                        "disk " + config.id(),
                        "no guest of this host uses it now, and one elsewhere may",
                        "resize it there, or when its guest is here");
            }
            long before = image.geometry().capacity();
            // First: when that is refused, nothing has happened. Nobody writes behind the old end before the loops
            // know.
            image.resize(capacity);
            boolean grows = image.geometry().capacity() > before;
            if (grows) {
                protection.standBy();
            }
            try {
                tellLoopsOfSize();
            } finally {
                if (grows) {
                    protection.tryToGoOn();
                }
            }
        }

        @Override
        public synchronized void starting() {
            refuseIfRestoredInPart();
            if (mine) {
                return;
            }
            Geometry before = image.geometry();
            try {
                Patience.whileInUse(config.image(), () -> {
                    image.lock();
                    return image;
                });
            } catch (ImageException e) {
                throw refusal(e);
            }
            try {
                // It was another agent's until now, and may have been restored there.
                restores.look();
            } catch (ImageException | AgentException e) {
                image.unlock();
                throw refusal(e);
            }
            mine = true;
            if (!image.geometry().equals(before)) {
                tellLoopsOfSize();
                server.resizedMeanwhile(image.geometry());
            }
            protection.tryToGoOn();
            refuseIfRestoredInPart();
        }

        private void refuseIfRestoredInPart() {
            restores.whyNoGuest().ifPresent(why -> {
                throw new VhostException(VhostException.Code.BAD_REQUEST, "disk " + config.id() + ": " + why);
            });
        }

        private VhostException refusal(RuntimeException e) {
            return new VhostException(
                    VhostException.Code.BAD_REQUEST, "disk " + config.id() + ": " + e.getMessage(), e);
        }

        @Override
        public synchronized void moved() {
            if (!mine) {
                return;
            }
            protection.end();
            try {
                image.unlock();
                mine = false;
                LOG.info("disk {}: its guest is being moved; the image is free for the agent there", config.id());
            } catch (ImageException e) {
                LOG.error(
                        "disk {}: the agent that its guest moves to can't have the image: {}",
                        config.id(),
                        e.getMessage());
            }
        }
    }

    @Override
    public RestoreStatus restore(String point) {
        boolean without = protection.now().isEmpty();
        if (without || !tenure.holds()) {
            throw new AgentException(
                    Code.REFUSED,
                    "disk " + config.id(),
                    without ? "it has no history here" : "its guest is on another host",
                    "restore it into a new image, or where its history is written");
        }
        refuseRunningGuest();
        if (server == null) {
            return restores.begin(
                    point, protection.now().orElseThrow(), protection.history().orElseThrow(), () -> {});
        }
        VhostServer.Pause standing = pause();
        try {
            refuseRunningGuest();
            return restores.begin(
                    point, protection.now().orElseThrow(), protection.history().orElseThrow(), standing::resume);
        } catch (RuntimeException | Error e) {
            standing.resume();
            throw e;
        }
    }

    private void refuseRunningGuest() {
        if (loops.stream().anyMatch(QueueLoop::isServing)) {
            throw new AgentException(
                    Code.REFUSED,
                    "disk " + config.id(),
                    "a guest is using it",
                    "end the guest or stop it (QMP: stop), or give --qmp SOCKET and it is stopped, and reset afterwards");
        }
    }

    @Override
    public RestoreStatus restoring() {
        return restores.status();
    }

    @Override
    public VhostServer.Pause pause() {
        try {
            return server.pause();
        } catch (VhostException e) {
            throw new AgentException(Code.REFUSED, e.getMessage(), e);
        }
    }

    @Override
    public void shared(boolean withOthers) {
        try {
            protection.shared(withOthers);
        } catch (FilterException e) {
            throw translated(e);
        }
    }

    @Override
    public void handedOver(int heir) {
        protection.now().ifPresent(guard -> guard.handedOver(heir));
    }

    @Override
    public boolean holdsImage() {
        return tenure.holds();
    }

    @Override
    public int[] imageDescriptors() {
        return image.descriptors();
    }

    @Override
    public void handOverImage() {
        if (tenure.holds()) {
            image.handOver();
        }
    }

    @Override
    public void goOnWithImage() {
        if (tenure.holds()) {
            image.goOn();
        }
    }

    @Override
    public DiskConfig config() {
        return config;
    }

    @Override
    public DiskStatus status() {
        return DiskStatuses.of(
                config, image.geometry(), server.status(), loops, throttle, protection.history(), protection.now());
    }

    @Override
    public MarkStatus mark(String name) {
        return protection.mark(name);
    }

    @Override
    public void lockMark(String name, boolean locked) {
        protection.keeper().lock(name, locked);
    }

    @Override
    public RetentionReport retain(RetentionOrder order) {
        return protection.keeper().retain(order);
    }

    @Override
    public RetentionReport previewRetention(RetentionOrder order) {
        return protection.keeper().preview(order);
    }

    static RuntimeException translated(Throwable cause) {
        return switch (cause) {
            case StoreException e -> AgentException.of(e);
            case VhostException e -> AgentException.of(e);
            case FilterException e -> new AgentException(Code.REFUSED, e.getMessage(), e);
            case RuntimeException e -> e;
            default -> new IllegalStateException(cause);
        };
    }

    @Override
    public void close() {
        // From the guest inwards: nothing new comes in, what is on its way ends, the history gets all of it, and ends
        // too.
        restores.stop();
        if (server != null) {
            server.close();
        }
        protection.close();
        restores.close();
        loops.forEach(QueueLoop::close);
        if (loops.stream().anyMatch(QueueLoop::hasGivenUpRequests)) {
            // Who opens the image now must not write before them: its lock stays until this process has ended.
            LOG.error("disk {}: requests were given up; its image stays locked until this agent ends", config.id());
            return;
        }
        image.close();
    }
}
