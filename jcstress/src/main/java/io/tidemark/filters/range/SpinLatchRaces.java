// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.range;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** Two loops at the range lock's table. */
@JCStressTest
@Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "One after the other.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Both at once.")
@State
public class SpinLatchRaces {
    private final SpinLatch latch = new SpinLatch();
    private int count;

    @Actor
    public void one() {
        count();
    }

    @Actor
    public void other() {
        count();
    }

    private void count() {
        latch.take();
        count++;
        latch.free();
    }

    @Arbiter
    public void result(I_Result r) {
        r.r1 = count;
    }
}
