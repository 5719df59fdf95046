// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The way back of each request of a turn of 32: counted, into the ring, published with the others. */
@State(Scope.Thread)
public class CompletionBench {
    private static final long NANOS = 12_345;

    @Param
    public BenchRing.Kind kind;

    private final QueueCounters counters = new QueueCounters();
    private final Slot slot = new Slot(0, new IoVector(1));
    private BenchRing memory;
    private Virtqueue ring;

    @Setup
    public void open() throws BrokenRingException {
        memory = new BenchRing(kind, BenchRing.Layout.DIRECT_4K);
        ring = memory.open(false);
        slot.request.begin(Request.Kind.READ, 0, 4096);
        slot.descriptors = 3;
    }

    @Benchmark
    @OperationsPerInvocation(BenchRing.TURN)
    public boolean completions() {
        for (int i = 0; i < BenchRing.TURN; i++) {
            counters.completed(slot.request, 0, NANOS);
            ring.use(slot, 4097);
        }
        return ring.publish();
    }

    @TearDown
    public void close() {
        memory.close();
    }
}
