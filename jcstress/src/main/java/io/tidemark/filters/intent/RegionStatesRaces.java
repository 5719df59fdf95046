// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A loop uses a region while it is closed because nobody has: one of the two sees the other. */
@JCStressTest
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "The loop was first: it stays open.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "It was closed: the loop has to ask.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Used and closed, or neither.")
@State
public class RegionStatesRaces {
    private final RegionStates states = new RegionStates(1);

    public RegionStatesRaces() {
        states.open(0);
        states.closeUnused();
    }

    /** r1: whether the change may go. */
    @Actor
    public void loop(ZZ_Result r) {
        r.r1 = states.use(0);
    }

    /** r2: whether the region was closed. */
    @Actor
    public void care(ZZ_Result r) {
        r.r2 = states.closeUnused().get(0);
    }
}
