// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.Geometry;
import io.tidemark.disk.IoVector;
import io.tidemark.vhost.blk.BlkLimits;
import io.tidemark.vhost.blk.BlkRequestType;
import java.nio.charset.StandardCharsets;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** From a head to a checked request: descriptors read, translated, header decoded, buffers in the kernel's form. */
@State(Scope.Thread)
public class DescriptorWalkBench {
    private static final long CAPACITY = 1L << 30;

    /** Header, data and status in three descriptors; the same in an indirect table; 64 KiB in sixteen. */
    public enum Layout {
        DIRECT_4K,
        INDIRECT_4K,
        DIRECT_64K_16
    }

    @Param
    public Layout layout;

    private final BenchRing ring = new BenchRing();
    private final DescriptorChain chain = new DescriptorChain();
    private final BlkDecoder decoder = new BlkDecoder(
            new Geometry(CAPACITY, 512, 4096, false, CAPACITY, CAPACITY), "serial".getBytes(StandardCharsets.US_ASCII));
    private final Slot slot = new Slot(0, new IoVector(BlkLimits.SEGMENTS + 8));

    @Setup
    public void write() {
        boolean large = layout == Layout.DIRECT_64K_16;
        ring.request(BlkRequestType.IN, large ? 65536 : 4096, large ? 16 : 1, layout == Layout.INDIRECT_4K);
    }

    @Benchmark
    public long walk() throws BrokenRingException {
        String wrong = chain.read(ring.table, 0, ring.memory);
        if (wrong != null || decoder.decode(chain, slot, false) != BlkDecoder.SUBMIT) {
            throw new IllegalStateException("refused: " + wrong);
        }
        return slot.request.data().bytes();
    }

    @TearDown
    public void close() {
        ring.close();
    }
}
