// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** As {@link KickFlagsRaces}, in a packed ring. */
@JCStressTest
@Outcome(id = "false, 0", expect = Expect.FORBIDDEN, desc = "Not kicked, not seen: the request waits for ever.")
@Outcome(id = ".*, 2", expect = Expect.FORBIDDEN, desc = "The flags were seen before the descriptor.")
@Outcome(expect = Expect.ACCEPTABLE, desc = "Kicked, or seen, or both.")
@State
public class PackedKickFlagsRaces {
    private final RingPool.Sides ring = RingPool.packed(false);

    public PackedKickFlagsRaces() {
        ring.device().disableKicks();
    }

    @Actor
    public void driver(ZI_Result r) {
        PackedDriverSide.offer(ring.descriptors());
        r.r1 = PackedDriverSide.wantsKick(ring.used());
    }

    @Actor
    public void device(ZI_Result r) {
        ring.device().enableKicks();
        r.r2 = ring.look();
    }
}
