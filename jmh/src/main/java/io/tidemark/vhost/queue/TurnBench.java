// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.Geometry;
import io.tidemark.disk.IoVector;
import io.tidemark.vhost.blk.BlkLimits;
import java.nio.charset.StandardCharsets;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Each request of a turn of 32: offered by the driver, its descriptors read and translated, its header decoded, its buffers put
 * into the kernel's form; and then given back, with and without a record of what is in flight.
 */
@State(Scope.Thread)
public class TurnBench {
    private static final long CAPACITY = 1L << 30;

    @Param
    public BenchRing.Kind kind;

    @Param
    public BenchRing.Layout layout;

    @Param({"false", "true"})
    public boolean record;

    private final DescriptorChain chain = new DescriptorChain();
    private final BlkDecoder decoder = new BlkDecoder(
            new Geometry(CAPACITY, 512, 4096, false, CAPACITY, CAPACITY), "serial".getBytes(StandardCharsets.US_ASCII));
    private final Slot[] slots = new Slot[BenchRing.TURN];
    private BenchRing memory;
    private Virtqueue ring;

    @Setup
    public void open() throws BrokenRingException {
        memory = new BenchRing(kind, layout);
        ring = memory.open(record);
        for (int i = 0; i < slots.length; i++) {
            slots[i] = new Slot(i, new IoVector(BlkLimits.SEGMENTS + 8));
        }
    }

    @Benchmark
    @OperationsPerInvocation(BenchRing.TURN)
    public boolean requests() throws BrokenRingException {
        memory.offer();
        for (int i = 0; i < BenchRing.TURN; i++) {
            if (!ring.hasNext()) {
                throw new IllegalStateException("request " + i + " is not there");
            }
            ring.take(chain, slots[i], memory.memory);
            if (decoder.decode(chain, slots[i], false) != BlkDecoder.SUBMIT) {
                throw new IllegalStateException("refused");
            }
        }
        for (int i = 0; i < BenchRing.TURN; i++) {
            ring.use(slots[i], slots[i].written);
        }
        return ring.publish();
    }

    @TearDown
    public void close() {
        memory.close();
    }
}
