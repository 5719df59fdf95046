// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two loops want regions of one word while the thread takes what is there: each is taken once, and none is overlooked. */
@JCStressTest
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Both were taken, then or later.")
@Outcome(expect = Expect.FORBIDDEN, desc = "One was overlooked, or taken twice.")
@State
public class WantedRegionsRaces {
    private final WantedRegions wanted = new WantedRegions(64);
    private final int[] taken = new int[64];

    @Actor
    public void oneLoop() {
        wanted.add(3);
    }

    @Actor
    public void another() {
        wanted.add(40);
    }

    @Actor
    public void thread() {
        take();
    }

    private void take() {
        if (!wanted.isEmpty()) {
            wanted.take(region -> taken[region]++);
        }
    }

    @Arbiter
    public void later(II_Result r) {
        take();
        r.r1 = taken[3];
        r.r2 = taken[40];
    }
}
