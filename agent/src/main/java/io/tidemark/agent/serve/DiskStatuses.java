// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.metrics.Observation;
import io.tidemark.agent.metrics.QueueSnapshot;
import io.tidemark.agent.metrics.QueueSnapshot.OfKind;
import io.tidemark.agent.status.DiskStatus;
import io.tidemark.agent.status.GeometryStatus;
import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.agent.status.QueueStatus;
import io.tidemark.agent.status.SpoolStatus;
import io.tidemark.agent.status.SyncStatus;
import io.tidemark.agent.status.ThrottleLimits;
import io.tidemark.agent.status.ThrottleStatus;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.keep.Keeper;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.cdp.write.OutboxStatus;
import io.tidemark.cdp.write.WriterStatistics;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Request;
import io.tidemark.filters.protect.Protection;
import io.tidemark.filters.protect.ProtectionState;
import io.tidemark.filters.throttle.Throttle;
import io.tidemark.vhost.ConnectionStatus;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.queue.QueueCounters;
import io.tidemark.vhost.queue.QueueLoop;
import java.time.Clock;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/** Puts together what the rooms know of a disk. */
final class DiskStatuses {
    private static final double NANOS_PER_MICRO = 1000;

    private DiskStatuses() {}

    static DiskStatus of(
            DiskConfig config,
            Geometry geometry,
            ConnectionStatus connection,
            List<QueueLoop> loops,
            Throttle throttle,
            Optional<StoreHistory> history,
            Optional<Protection> protection) {
        return new DiskStatus(
                config.id(),
                Clock.systemUTC().instant(),
                config.image(),
                GeometryStatus.of(geometry),
                config.socket().toString(),
                connection.connected(),
                BlkFeatures.names(connection.features()),
                IntStream.range(0, loops.size())
                        .mapToObj(i -> queue(i, loops.get(i)))
                        .toList(),
                of(throttle),
                protection
                        .map(guard -> protection(guard, history.orElseThrow()))
                        .orElseGet(ProtectionStatus::off));
    }

    static ThrottleStatus of(Throttle throttle) {
        return new ThrottleStatus(ThrottleLimits.of(throttle.limits()), throttle.waiting(), throttle.delayed());
    }

    static QueueSnapshot snapshot(int index, QueueLoop loop) {
        QueueCounters counters = loop.counters();
        Map<Request.Kind, OfKind> kinds = new EnumMap<>(Request.Kind.class);
        for (Request.Kind kind : Request.Kind.values()) {
            kinds.put(kind, new OfKind(counters.requests(kind), counters.bytes(kind), counters.latencies(kind)));
        }
        return new QueueSnapshot(
                index,
                System.nanoTime(),
                kinds,
                counters.errors(),
                counters.inFlight(),
                loop.oldestInFlight(),
                counters.kicks(),
                counters.interrupts(),
                counters.pollHits(),
                counters.sleeps());
    }

    private static QueueStatus queue(int index, QueueLoop loop) {
        QueueSnapshot now = snapshot(index, loop);
        OfKind reads = now.kinds().get(Request.Kind.READ);
        OfKind writes = now.kinds().get(Request.Kind.WRITE);
        Histogram both = reads.latencies();
        both.add(writes.latencies());
        return new QueueStatus(
                index,
                loop.isServing(),
                loop.brokenBecause(),
                now.requests(),
                now.failed(),
                reads.bytes(),
                writes.bytes(),
                (int) now.inFlight(),
                now.oldestNanos() / NANOS_PER_MICRO,
                now.kicks(),
                now.interrupts(),
                now.pollHits(),
                Observation.latency(both));
    }

    private static SpoolStatus of(OutboxStatus outbox) {
        return new SpoolStatus(
                outbox.bytes(),
                outbox.spoolLimit(),
                outbox.oldestNanos() / 1000,
                outbox.spoolFailed(),
                outbox.reason().orElse(null));
    }

    private static ProtectionStatus protection(Protection guard, StoreHistory history) {
        io.tidemark.filters.protect.ProtectionStatus now = guard.status();
        WriterStatistics written =
                history.writer().map(HistoryWriter::statistics).orElse(null);
        long position = Math.max(now.capture().position(), written == null ? 0 : written.position());
        long durable = written == null ? 0 : written.durable();
        Optional<OutboxStatus> waiting = history.writer().map(HistoryWriter::outbox);
        long lag = waiting.map(OutboxStatus::bytes).orElse(0L);
        return new ProtectionStatus(
                ProtectionStatus.State.valueOf(now.state().name()),
                now.since(),
                history.name().toString(),
                now.gap().map(reason -> reason.name().toLowerCase(Locale.ROOT)).orElse(null),
                position,
                durable,
                Math.max(0, position - durable) + now.capture().lagEvents(),
                now.capture().lagBytes() + lag,
                guard.lagMicros(durable),
                now.capture().changes(),
                now.capture().bytes(),
                now.capture().lostChanges(),
                waiting.filter(all -> now.state() != ProtectionState.OFF && all.isSpooling())
                        .map(DiskStatuses::of)
                        .orElse(null),
                now.state() == ProtectionState.SYNCING ? new SyncStatus(now.syncedBytes(), now.syncBytes()) : null,
                now.error().or(() -> keeperFailure(history)).orElse(null));
    }

    /** Why the history can't be kept as it should be: it is recorded all the same. */
    private static Optional<String> keeperFailure(StoreHistory history) {
        return history.writer()
                .flatMap(HistoryWriter::keeper)
                .flatMap(Keeper::failure)
                .map(StoreException::getMessage);
    }
}
