// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The record of requests in flight, seen by somebody who looks at it at any moment, as the next backend does after a death: the
 * request counts as in flight only with its place in the order, and the used index is noted only after it was unmarked.
 */
@JCStressTest
@Outcome(
        id = {"0, 0", "1, 0", "0, 1"},
        expect = Expect.ACCEPTABLE,
        desc = "Not begun; in flight; given back.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Steps in another order.")
@State
public class InflightRecordRaces {
    private static final int SIZE = 2;
    private static final int HEAD = 1;
    private static final long STATE = InflightLayout.STATES + HEAD * InflightLayout.STATE_SIZE;
    private static final VarHandle BYTE = ValueLayout.JAVA_BYTE.varHandle();
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();

    private final MemorySegment memory =
            MemorySegment.ofArray(new long[(int) InflightLayout.stride(SIZE, false) / Long.BYTES]);
    private final InflightRecord record = new InflightRecord(memory, SIZE);

    public InflightRecordRaces() {
        try {
            record.recover(0);
            record.taken(0); // counter 0: the next one's place is not zero
            record.used(0);
        } catch (BrokenRingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Actor
    public void backend() {
        record.taken(HEAD);
        record.used(HEAD);
        record.published(2);
    }

    /** Backwards: the last step first. r1: 0 not in flight, 1 in flight in its place, 9 without; r2: noted. */
    @Actor
    public void next(II_Result r) {
        boolean noted = (short) SHORT.getAcquire(memory, InflightLayout.USED_INDEX) != 0;
        boolean inFlight = (byte) BYTE.getAcquire(memory, STATE + InflightLayout.INFLIGHT) != 0;
        long counter = memory.get(ValueLayout.JAVA_LONG, STATE + InflightLayout.COUNTER);
        r.r1 = !inFlight ? 0 : counter == 1 ? 1 : 9;
        r.r2 = noted ? 1 : 0;
    }
}
