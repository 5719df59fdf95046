// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.metrics;

import io.tidemark.agent.ServedDisk;
import io.tidemark.agent.metrics.QueueSnapshot.OfKind;
import io.tidemark.agent.status.DiskStatus;
import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.disk.Request;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** What is exposed of one disk. Names and labels are listed in docs/metrics.md, and stay. */
final class DiskMetrics {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MICROS_PER_SECOND = 1e6;

    private DiskMetrics() {}

    static void add(ServedDisk disk, Families to) {
        DiskStatus status = disk.status();
        List<QueueSnapshot> queues = disk.queues();
        String id = status.id();
        to.gauge("tidemark_disk_connected", "Whether a frontend is connected.", status.connected() ? 1 : 0, "disk", id);
        to.gauge(
                "tidemark_disk_size_bytes",
                "The disk's size.",
                status.geometry().capacity(),
                "disk",
                id);
        queues.forEach(queue -> queue(queue, to, "disk", id, "queue", String.valueOf(queue.index())));
        for (Request.Kind kind : Request.Kind.values()) {
            latencies(kind, queues, to, id);
        }
        throttle(status, to, id);
        protection(status.protection(), to, id);
    }

    private static void queue(QueueSnapshot queue, Families to, String... of) {
        queue.kinds().forEach((kind, counted) -> {
            String[] labels = {of[0], of[1], of[2], of[3], "type", name(kind)};
            to.counter("tidemark_requests", "Completed requests.", counted.requests(), labels);
            to.counter("tidemark_request_bytes", "Bytes of the disk that they covered.", counted.bytes(), labels);
        });
        to.counter("tidemark_request_errors", "Requests that were refused or failed.", queue.failed(), of);
        to.gauge("tidemark_requests_in_flight", "Requests taken and not yet completed.", queue.inFlight(), of);
        to.gauge(
                "tidemark_oldest_request_seconds",
                "How long the oldest request in flight is on its way.",
                queue.oldestNanos() / NANOS_PER_SECOND,
                of);
        to.counter("tidemark_kicks", "Times that the guest's kick woke the queue.", queue.kicks(), of);
        to.counter("tidemark_interrupts", "Interrupts sent to the guest.", queue.interrupts(), of);
        to.counter("tidemark_poll_hits", "Times that polling found work.", queue.pollHits(), of);
        to.counter("tidemark_sleeps", "Times that the queue went to sleep.", queue.sleeps(), of);
    }

    /** For all queues together: the guest chooses the queue, and it makes no difference to how long a request takes. */
    private static void latencies(Request.Kind kind, List<QueueSnapshot> queues, Families to, String id) {
        Histogram all = queues.stream()
                .map(queue -> queue.kinds().get(kind))
                .map(OfKind::latencies)
                .reduce((sum, more) -> {
                    sum.add(more);
                    return sum;
                })
                .orElseThrow();
        to.histogram(
                "tidemark_request_duration_seconds",
                "From the avail ring to the used ring.",
                all,
                "disk",
                id,
                "type",
                name(kind));
    }

    private static void throttle(DiskStatus status, Families to, String id) {
        status.throttle()
                .limits()
                .forEach((name, limit) -> to.gauge(
                        "tidemark_throttle_limit",
                        "Requests or bytes per second that the disk may do.",
                        limit.rate(),
                        "disk",
                        id,
                        "limit",
                        name));
        to.gauge(
                "tidemark_throttle_waiting",
                "Requests that the throttle holds back.",
                status.throttle().waiting(),
                "disk",
                id);
        to.counter(
                "tidemark_throttle_delayed",
                "Requests that the throttle has held back.",
                status.throttle().delayed(),
                "disk",
                id);
    }

    private static void protection(ProtectionStatus protection, Families to, String id) {
        for (ProtectionStatus.State state : ProtectionStatus.State.values()) {
            to.gauge(
                    "tidemark_protection_state",
                    "1 for the state that the disk's protection is in.",
                    state == protection.state() ? 1 : 0,
                    "disk",
                    id,
                    "state",
                    state.name().toLowerCase(Locale.ROOT));
        }
        to.gauge(
                "tidemark_protection_lag_writes",
                "Recorded writes that are not durable in the store yet.",
                protection.lagWrites(),
                "disk",
                id);
        to.gauge(
                "tidemark_protection_lag_seconds",
                "For how long the oldest of them has been waiting.",
                protection.lagMicros() / MICROS_PER_SECOND,
                "disk",
                id);
        to.gauge("tidemark_protection_lag_bytes", "Their bytes.", protection.lagBytes(), "disk", id);
        to.gauge(
                "tidemark_protection_spooling",
                "1 while the store fails, hangs or is too slow, and what it doesn't take waits here.",
                protection.spool() == null ? 0 : 1,
                "disk",
                id);
        to.gauge(
                "tidemark_protection_spool_bytes",
                "Compressed bytes that wait for such a store.",
                protection.spool() == null ? 0 : protection.spool().bytes(),
                "disk",
                id);
        to.counter(
                "tidemark_protection_captured_writes",
                "Changes that were captured.",
                protection.captured(),
                "disk",
                id);
        to.counter(
                "tidemark_protection_copied_bytes",
                "Bytes that were copied for the history.",
                protection.copiedBytes(),
                "disk",
                id);
        to.counter(
                "tidemark_protection_lost_writes", "Writes that could not be captured.", protection.lost(), "disk", id);
    }

    private static String name(Request.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }
}
