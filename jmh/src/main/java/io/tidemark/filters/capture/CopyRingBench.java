// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import com.lmax.disruptor.EventPoller;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What capture adds to a write besides the copy: room for it, and its place in the history. */
@State(Scope.Thread)
public class CopyRingBench {
    private static final int SIZE = 1 << 20;
    private static final long BYTES = 4096;

    private final CopyRing copies = new CopyRing(SIZE);
    private final CaptureRing changes = new CaptureRing(1024);
    private final EventPoller.Handler<CaptureEvent> releasing = (event, sequence, endOfBatch) -> {
        copies.release(event.entry);
        return true;
    };

    @Benchmark
    public long allocateRelease() {
        int entry = copies.allocate(BYTES);
        copies.release(entry);
        return copies.address(entry);
    }

    @Benchmark
    public Object publishPoll() throws Exception {
        int entry = copies.allocate(BYTES);
        changes.publishChange(CaptureEvent.Kind.WRITE, 1, 0, BYTES, copies, entry);
        return changes.poll(releasing);
    }

    @TearDown
    public void close() {
        copies.close();
    }
}
