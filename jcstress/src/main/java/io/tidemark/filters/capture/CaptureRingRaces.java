// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZJ_Result;

/** A loop publishes a change while the capture thread looks: a change that is seen is whole, and nothing is behind the cursor. */
@JCStressTest
@Outcome(
        id = {"false, 0", "false, 77"},
        expect = Expect.ACCEPTABLE,
        desc = "Not there yet, or whole.")
@Outcome(id = "true, 77", expect = Expect.FORBIDDEN, desc = "Nothing was claimed, yet there is a change.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A change was seen in part.")
@State
public class CaptureRingRaces {
    private final CaptureRing ring = new CaptureRing(1);
    private long seen;

    @Actor
    public void loop() {
        ring.publishChange(CaptureEvent.Kind.ZERO, 1, 2, 4, null, 70);
    }

    /** r1: whether there was a change that nobody had claimed; r2: all fields added up. */
    @Actor
    public void capture(ZJ_Result r) {
        try {
            ring.poll((event, sequence, endOfBatch) -> {
                seen = event.kind == CaptureEvent.Kind.ZERO
                        ? event.time + event.offset + event.length + event.entry
                        : -1;
                return true;
            });
        } catch (Exception e) {
            seen = -1;
        }
        r.r1 = seen != 0 && ring.cursor() < 0;
        r.r2 = seen;
    }
}
