// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IZ_Result;

/**
 * The capture thread reads a copy and gives it back while the loop asks for room: what was read is the copy, never what the loop
 * puts in its place. Rings of one page, made once; more than are in use at a time.
 */
@JCStressTest
@Outcome(
        id = {"1, true", "1, false"},
        expect = Expect.ACCEPTABLE,
        desc = "The copy, and then perhaps its place is taken.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The copy was overwritten while it was read.")
@State
public class CopyRingRaces {
    private static final CopyRing[] RINGS = new CopyRing[1 << 14];
    private static final AtomicInteger NEXT = new AtomicInteger();
    private static final byte COPY = 1;
    private static final byte LATER = 2;

    private final CopyRing ring = next();

    private static CopyRing next() {
        int index = NEXT.getAndIncrement() & RINGS.length - 1;
        synchronized (RINGS) {
            CopyRing ring = RINGS[index];
            if (ring == null) {
                ring = new CopyRing(CopyRing.PAGE);
                RINGS[index] = ring;
            } else {
                ring.release(0);
            }
            NativeMemory.ALL.set(ValueLayout.JAVA_BYTE, ring.address(ring.allocate(1)), COPY);
            return ring;
        }
    }

    @Actor
    public void capture(IZ_Result r) {
        r.r1 = ring.bytes(0).get(ValueLayout.JAVA_BYTE, 0);
        ring.release(0);
    }

    @Actor
    public void loop(IZ_Result r) {
        int entry = ring.allocate(1);
        if (entry != CopyRing.FULL) {
            NativeMemory.ALL.set(ValueLayout.JAVA_BYTE, ring.address(entry), LATER);
            r.r2 = true;
        }
    }
}
