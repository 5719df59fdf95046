// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import java.lang.foreign.Arena;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The way back, for each request of a turn of 32: into the used ring, out of the record of those in flight, counted. */
@State(Scope.Thread)
public class CompletionBench {
    private static final int TURN = 32;
    private static final long NANOS = 12_345;

    private final BenchRing memory = new BenchRing();
    private final QueueCounters counters = new QueueCounters();
    private final Request request = new Request(0, new IoVector(1));
    private SplitRing ring;
    private InflightRecord inflight;

    @Setup
    public void open() throws BrokenRingException {
        ring = new SplitRing(memory.vring(), true, memory.memory);
        inflight =
                new InflightRecord(Arena.ofAuto().allocate(InflightLayout.stride(BenchRing.SIZE), 64), BenchRing.SIZE);
        inflight.recover(ring.usedIndex());
        request.begin(Request.Kind.READ, 0, 4096);
    }

    @Benchmark
    @OperationsPerInvocation(TURN)
    public boolean usedRing() {
        for (int head = 0; head < TURN; head++) {
            ring.use(head, 4097);
        }
        return ring.publish();
    }

    @Benchmark
    @OperationsPerInvocation(TURN)
    public void recordOfInflight() {
        for (int head = 0; head < TURN; head++) {
            inflight.taken(head);
        }
        for (int head = 0; head < TURN; head++) {
            inflight.used(head);
        }
        inflight.published(TURN);
    }

    @Benchmark
    public void counters() {
        counters.completed(request, 0, NANOS);
    }

    @Benchmark
    @OperationsPerInvocation(TURN)
    public boolean all() {
        for (int head = 0; head < TURN; head++) {
            inflight.taken(head);
        }
        for (int head = 0; head < TURN; head++) {
            counters.completed(request, 0, NANOS);
            ring.use(head, 4097);
            inflight.used(head);
        }
        boolean interrupt = ring.publish();
        inflight.published(ring.usedIndex());
        return interrupt;
    }

    @TearDown
    public void close() {
        memory.close();
    }
}
