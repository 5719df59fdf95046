// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** As {@link InterruptFlagsRaces}, in a packed ring. */
@JCStressTest
@Outcome(id = "false, 0", expect = Expect.FORBIDDEN, desc = "Not interrupted, not seen: the request waits for ever.")
@Outcome(id = ".*, 2", expect = Expect.FORBIDDEN, desc = "The flags were seen before the rest of the descriptor.")
@Outcome(expect = Expect.ACCEPTABLE, desc = "Interrupted, or seen, or both.")
@State
public class PackedInterruptFlagsRaces {
    private final RingPool.Sides ring = RingPool.packed(false);

    public PackedInterruptFlagsRaces() {
        PackedDriverSide.disableInterrupts(ring.avail());
    }

    @Actor
    public void device(ZI_Result r) {
        ring.giveBack();
        r.r1 = ring.device().publish();
    }

    @Actor
    public void driver(ZI_Result r) {
        PackedDriverSide.enableInterrupts(ring.avail(), false);
        r.r2 = PackedDriverSide.look(ring.descriptors());
    }
}
