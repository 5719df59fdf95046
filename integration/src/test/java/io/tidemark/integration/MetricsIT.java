// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.status.DiskStats;
import io.tidemark.agent.status.KindStats;
import io.tidemark.agent.status.QueueStats;
import io.tidemark.filters.throttle.Limit;
import io.tidemark.filters.throttle.LimitKind;
import io.tidemark.filters.throttle.Limits;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.blkio.BlkioQueue;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.load.SteadyLoad;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Command;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** What a real agent counts, beside what was done to it. */
class MetricsIT extends LabTest {
    private static final int DEPTH = 16;
    private static final int BLOCK = 4096;
    private static final int FLUSHES = 7;

    private final long seed = System.nanoTime();

    @Test
    void theCountersAreWhatTheLoadDid() {
        Path image = newImage(64 << 20);
        try (TidemarkAgent agent = serve(image);
                BlkioDisk disk = BlkioDisk.open(agent.socket(), 2)) {
            ControlClient control = new ControlClient(agent.control());
            long reads;
            long writes;
            try (SteadyLoad load = new SteadyLoad(disk, DEPTH, BLOCK, 0.3, seed)) {
                control.stats("vda", null); // the first one takes longer
                load.awaitMore(20_000);
                long before = load.completed();
                DiskStats live = control.stats("vda", Duration.ofSeconds(2));
                long meanwhile = load.completed() - before;
                // The load goes on while it is asked.
                assertThat((double) requests(live.interval().queues()))
                        .isCloseTo(meanwhile, Percentage.withPercentage(20));
                assertThat(live.interval().seconds()).isBetween(2.0, 3.0);
                load.finish();
                reads = load.reads();
                writes = load.writes();
            }
            other(disk.queue(0));
            var queues = control.stats("vda", null).total().queues();
            assertThat(sum(queues, QueueStats::read, KindStats::requests)).isEqualTo(reads);
            assertThat(sum(queues, QueueStats::read, KindStats::bytes)).isEqualTo(reads * BLOCK);
            assertThat(sum(queues, QueueStats::write, KindStats::requests)).isEqualTo(writes);
            assertThat(sum(queues, QueueStats::write, KindStats::bytes)).isEqualTo(writes * BLOCK);
            assertThat(queues.getFirst().flush().requests()).isEqualTo(FLUSHES);
            assertThat(queues.getFirst().discard().bytes()).isEqualTo(1 << 20);
            assertThat(queues.getFirst().writeZeroes().bytes()).isEqualTo(1 << 16);
            for (QueueStats queue : queues) {
                long requests = queue.read().requests() + queue.write().requests();
                assertThat(queue.inFlight()).isZero();
                assertThat(queue.oldestMicros()).isZero();
                assertThat(queue.failed()).isZero();
                assertThat(queue.read().latency().p50()).isPositive();
                assertThat(queue.read().latency().max())
                        .isGreaterThanOrEqualTo(queue.read().latency().p99());
                // At this depth most requests come along with others.
                assertThat(queue.kicksSaved()).isGreaterThan(requests / 2);
                assertThat(queue.interruptsSaved()).isGreaterThan(requests / 4);
            }
            prometheusSaysTheSame(agent, reads, writes);
        }
    }

    private static void other(BlkioQueue queue) {
        for (int i = 0; i < FLUSHES; i++) {
            queue.flush(i);
        }
        queue.discard(0, 1 << 20, FLUSHES);
        queue.writeZeroes(0, 1 << 16, FLUSHES + 1);
        for (int done = 0; done < FLUSHES + 2; ) {
            done += queue.submitAndReap(1);
        }
    }

    private static void prometheusSaysTheSame(TidemarkAgent agent, long reads, long writes) {
        String text = Command.run(
                        Duration.ofSeconds(20),
                        List.of(
                                "curl",
                                "-sS",
                                "--fail",
                                "--unix-socket",
                                agent.control().toString(),
                                "http://tidemark/v1/metrics"))
                .orThrow("curl")
                .output();
        String buckets = "tidemark_request_duration_seconds_count{disk=\"vda\",type=\"%s\"} %d";
        assertThat(text.lines()).contains(buckets.formatted("read", reads), buckets.formatted("write", writes));
    }

    @Test
    void aRequestThatHangsShowsItsAge() {
        Path image = newImage(64 << 20);
        try (TidemarkAgent agent = serve(image);
                BlkioDisk disk = BlkioDisk.open(agent.socket(), 2)) {
            ControlClient control = new ControlClient(agent.control());
            control.throttle("vda", new Limits(Map.of(LimitKind.IOPS, new Limit(1, 1))));
            try (SteadyLoad load = new SteadyLoad(disk, DEPTH, BLOCK, 0.5, seed)) {
                Await.until(
                        "a request that is half a second old",
                        Duration.ofSeconds(20),
                        () -> agent.status().queues().getFirst().oldestMicros() > 500_000);
                JsonNode stats = TidemarkCli.json(
                        "stats",
                        "vda",
                        "-i",
                        "0.1",
                        "-n",
                        "1",
                        "--control",
                        agent.control().toString());
                JsonNode queue = stats.get("interval").get("queues").get(0);
                assertThat(queue.get("oldestMicros").asDouble()).isGreaterThan(500_000);
                assertThat(queue.get("inFlight").asInt()).isBetween(DEPTH - 1, DEPTH);
                control.throttle("vda", Limits.NONE);
                load.finish();
            }
            assertThat(agent.status().queues())
                    .allSatisfy(q -> assertThat(q.oldestMicros()).isZero());
            // How long they waited in the throttle is part of what the guest sees.
            assertThat(control.stats("vda", null).total().queues())
                    .anySatisfy(q -> assertThat(Math.max(
                                    q.read().latency().max(),
                                    q.write().latency().max()))
                            .isGreaterThan(500_000));
        }
    }

    private static long requests(List<QueueStats> queues) {
        return sum(queues, QueueStats::read, KindStats::requests) + sum(queues, QueueStats::write, KindStats::requests);
    }

    private static long sum(
            List<QueueStats> queues, Function<QueueStats, KindStats> kind, Function<KindStats, Long> counter) {
        return queues.stream()
                .mapToLong(queue -> counter.apply(kind.apply(queue)))
                .sum();
    }
}
