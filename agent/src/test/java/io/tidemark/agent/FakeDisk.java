// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent;

import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.config.AgentConfig;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.config.ProtectionWish;
import io.tidemark.agent.history.RetentionOrder;
import io.tidemark.agent.history.RetentionReport;
import io.tidemark.agent.metrics.QueueSnapshot;
import io.tidemark.agent.metrics.QueueSnapshot.OfKind;
import io.tidemark.agent.status.DiskStatus;
import io.tidemark.agent.status.GeometryStatus;
import io.tidemark.agent.status.LatencyStatus;
import io.tidemark.agent.status.MarkStatus;
import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.agent.status.QueueStatus;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.agent.status.SpoolStatus;
import io.tidemark.agent.status.SyncStatus;
import io.tidemark.agent.status.ThrottleLimits;
import io.tidemark.agent.status.ThrottleStatus;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.Request;
import io.tidemark.filters.protect.Protection;
import io.tidemark.filters.throttle.Limits;
import io.tidemark.vhost.VhostServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/** A disk that counts requests which nobody makes. It listens on nothing. */
public final class FakeDisk implements ServedDisk {
    private final DiskConfig config;
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong looks = new AtomicLong();
    private final List<String> marks = new ArrayList<>();
    private String restored;
    private Optional<Limits> limits = Optional.empty();
    private volatile Optional<ProtectionWish> protectionSet = Optional.empty();
    private volatile long capacity = 1L << 30;
    private volatile boolean closed;
    private volatile RuntimeException failure;
    private volatile boolean durable = true;

    public FakeDisk(DiskConfig config) {
        this.config = config;
    }

    /** As the real one: refuses an image that isn't there. */
    public static FakeDisk open(DiskConfig config) {
        Path image = Path.of(config.image().substring("raw:".length()));
        if (!Files.exists(image)) {
            throw new ImageException(
                    ImageException.Code.NOT_FOUND,
                    "image " + config.image() + ": there is no such file; check its path");
        }
        return new FakeDisk(config);
    }

    /** There is nothing in them to take over. */
    public static List<ServedDisk> takeOver(Path control, AgentConfig config) {
        return config.disks().stream().<ServedDisk>map(FakeDisk::open).toList();
    }

    @Override
    public void lockMark(String name, boolean wanted) {
        if (!marks.contains(name)) {
            throw new AgentException(
                    Code.NOT_FOUND, "disk " + config.id(), "its history has no mark \"" + name + "\"", "set it");
        }
    }

    @Override
    public RetentionReport retain(RetentionOrder order) {
        var kept = order.on(Retention.KEEP_ALL);
        return new RetentionReport(
                config.id(),
                kept.rules().toString(),
                kept.quota().isPresent() ? kept.quota().getAsLong() : null,
                Instant.parse("2026-01-31T12:00:00.25Z"),
                List.of(new RetentionReport.Kept(7, Instant.parse("2026-01-31T00:00:00Z"))),
                new RetentionReport.Going(2, 8, 41),
                1 << 20,
                null);
    }

    @Override
    public RetentionReport previewRetention(RetentionOrder order) {
        return retain(order);
    }

    @Override
    public void resize(long wanted) {
        if (wanted < capacity) {
            throw new AgentException(Code.REFUSED, "disk " + config.id(), "it would shrink", "choose a larger size");
        }
        capacity = wanted;
    }

    @Override
    public VhostServer.Pause pause() {
        throw new AgentException(Code.REFUSED, "disk " + config.id(), "it is not real", "use a real one");
    }

    @Override
    public void handOverImage() {}

    @Override
    public void goOnWithImage() {}

    @Override
    public int[] imageDescriptors() {
        return new int[0];
    }

    @Override
    public void shared(boolean withOthers) {}

    @Override
    public void handedOver(int heir) {}

    @Override
    public boolean holdsImage() {
        return true;
    }

    @Override
    public void protect(ProtectionWish wish) {
        if (wish.store().or(config::store).isEmpty()) {
            throw new AgentException(Code.REFUSED, "disk " + config.id(), "it has no store", "name one");
        }
        protectionSet = Optional.of(wish);
    }

    @Override
    public Optional<Protection> protection() {
        return Optional.empty();
    }

    @Override
    public Optional<ProtectionWish> protectionSet() {
        return protectionSet;
    }

    private ProtectionStatus.State protectionState() {
        return protectionSet
                .map(wish -> switch (wish.state()) {
                    case ON -> ProtectionStatus.State.PROTECTED;
                    case OFF -> ProtectionStatus.State.OFF;
                    case PAUSED -> ProtectionStatus.State.PAUSED;
                })
                .orElse(ProtectionStatus.State.SYNCING);
    }

    @Override
    public synchronized ThrottleStatus throttle(Limits wanted) {
        limits = Optional.of(wanted);
        return throttle();
    }

    private ThrottleStatus throttle() {
        return new ThrottleStatus(ThrottleLimits.of(limits.orElse(config.throttle())), 5, 1234);
    }

    @Override
    public synchronized Optional<Limits> limitsSet() {
        return limits;
    }

    /** Each look finds a hundred reads of 4 KiB more, the first of which took 1 ms, the others 100 us. */
    @Override
    public List<QueueSnapshot> queues() {
        if (failure != null) {
            throw failure;
        }
        long looks = this.looks.incrementAndGet();
        List<QueueSnapshot> queues = new ArrayList<>();
        for (int i = 0; i < config.queues(); i++) {
            Map<Request.Kind, OfKind> kinds = new EnumMap<>(Request.Kind.class);
            for (Request.Kind kind : Request.Kind.values()) {
                Histogram latencies = new Histogram(1000, 60_000_000_000L, 2);
                if (kind == Request.Kind.READ) {
                    latencies.recordValueWithCount(1_000_000, looks);
                    latencies.recordValueWithCount(100_000, 99 * looks);
                }
                kinds.put(kind, new OfKind(latencies.getTotalCount(), 4096 * latencies.getTotalCount(), latencies));
            }
            queues.add(new QueueSnapshot(
                    i, looks * 1_000_000_000L, kinds, 0, 3, 1_500_000, 25 * looks, 10 * looks, looks, 2 * looks));
        }
        return queues;
    }

    @Override
    public long startedNanos() {
        return 0;
    }

    /** Lets the next calls fail. */
    public void fail(RuntimeException failure) {
        this.failure = failure;
    }

    /** Lets marks be answered before they are in the store. */
    public void neverDurable() {
        durable = false;
    }

    public boolean closed() {
        return closed;
    }

    @Override
    public DiskConfig config() {
        return config;
    }

    @Override
    public DiskStatus status() {
        if (failure != null) {
            throw failure;
        }
        long count = requests.addAndGet(100);
        ProtectionStatus protection = protectionSet
                .flatMap(ProtectionWish::store)
                .or(config::store)
                .map(store -> new ProtectionStatus(
                        protectionState(),
                        Instant.parse("2026-01-31T12:00:00Z"),
                        store.toString(),
                        "START",
                        42,
                        40,
                        2,
                        8192,
                        1500,
                        40,
                        163_840,
                        0,
                        new SpoolStatus(12 << 20, 1 << 30, 34_000_000, false, "the store was full"),
                        new SyncStatus(1 << 20, 1 << 30),
                        "the store was full"))
                .orElse(ProtectionStatus.off());
        List<QueueStatus> queues = new ArrayList<>();
        for (int i = 0; i < config.queues(); i++) {
            queues.add(new QueueStatus(
                    i,
                    true,
                    i == 0 ? null : "descriptor chain has a loop",
                    count,
                    1,
                    count * 4096,
                    count * 512,
                    3,
                    1500,
                    7,
                    8,
                    9,
                    new LatencyStatus(20.5, 134, 610, 59_000)));
        }
        return new DiskStatus(
                config.id(),
                Instant.parse("2026-01-31T12:00:00.25Z").plusMillis(count),
                config.image(),
                new GeometryStatus(capacity, 512, 4096, config.readOnly(), true, true),
                config.socket().toString(),
                true,
                List.of("VIRTIO_F_VERSION_1", "VIRTIO_BLK_F_MQ"),
                queues,
                throttle(),
                protection);
    }

    @Override
    public synchronized MarkStatus mark(String name) {
        if (config.store().isEmpty()) {
            throw new AgentException(
                    Code.REFUSED, "disk " + config.id(), "it is not protected", "serve it with a store");
        }
        marks.add(name);
        return new MarkStatus(config.id(), name, 42, Instant.parse("2026-01-31T12:00:00.25Z"), durable);
    }

    @Override
    public synchronized RestoreStatus restore(String point) {
        if (config.store().isEmpty()) {
            throw new AgentException(Code.REFUSED, "disk " + config.id(), "it has no history here", "give it one");
        }
        restored = point;
        return restoring();
    }

    @Override
    public synchronized RestoreStatus restoring() {
        return restored == null
                ? RestoreStatus.none(config.id())
                : new RestoreStatus(
                        config.id(),
                        RestoreStatus.State.RUNNING,
                        restored,
                        42L,
                        Instant.parse("2026-01-31T12:00:00.25Z"),
                        "before restore",
                        1 << 20,
                        1 << 30,
                        4096,
                        null);
    }

    @Override
    public void close() {
        closed = true;
    }
}
