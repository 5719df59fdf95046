// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.lang.foreign.ValueLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** The driver offers its first head while the device asks for kicks and looks once more: whether it kicks, what is seen. */
@JCStressTest
@Outcome(id = "false, 0", expect = Expect.FORBIDDEN, desc = "Not kicked, not seen: the head waits for ever.")
@Outcome(id = "false, 2", expect = Expect.FORBIDDEN, desc = "The index was seen before the entry.")
@Outcome(id = "true, 2", expect = Expect.FORBIDDEN, desc = "The index was seen before the entry.")
@Outcome(expect = Expect.ACCEPTABLE, desc = "Kicked, or seen, or both.")
@State
public class KickEventIndexRaces {
    private final RingPool.Sides ring = RingPool.split(true);

    public KickEventIndexRaces() {
        // An event index left behind.
        ring.used().set(ValueLayout.JAVA_SHORT, UsedRing.availEvent(RingPool.SIZE), (short) 0x8000);
    }

    @Actor
    public void driver(ZI_Result r) {
        DriverSide.offer(ring.avail());
        r.r1 = DriverSide.wantsKick(ring.used(), true);
    }

    @Actor
    public void device(ZI_Result r) {
        ring.device().enableKicks();
        r.r2 = ring.look();
    }
}
