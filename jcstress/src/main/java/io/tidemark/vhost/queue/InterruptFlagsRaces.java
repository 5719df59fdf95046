// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** The device gives a request back while the driver asks for interrupts and looks once more: whether it is sent, what is seen. */
@JCStressTest
@Outcome(id = "false, 0", expect = Expect.FORBIDDEN, desc = "Not interrupted, not seen: the request waits for ever.")
@Outcome(id = "false, 2", expect = Expect.FORBIDDEN, desc = "The index was seen before the element.")
@Outcome(id = "true, 2", expect = Expect.FORBIDDEN, desc = "The index was seen before the element.")
@Outcome(expect = Expect.ACCEPTABLE, desc = "Interrupted, or seen, or both.")
@State
public class InterruptFlagsRaces {
    private final RingPool.Sides ring = RingPool.split(false);

    public InterruptFlagsRaces() {
        DriverSide.disableInterrupts(ring.avail(), false);
    }

    @Actor
    public void device(ZI_Result r) {
        ring.giveBack();
        r.r1 = ring.device().publish();
    }

    @Actor
    public void driver(ZI_Result r) {
        DriverSide.enableInterrupts(ring.avail(), false);
        r.r2 = DriverSide.look(ring.used());
    }
}
