// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.range;

import io.tidemark.disk.StepLoop;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two loops claim overlapping ranges: each is granted once, and the content that the range guards sees one after the other. */
@JCStressTest
@Outcome(id = "2, 2", expect = Expect.ACCEPTABLE, desc = "Both were granted, one after the other.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Both at once, or one never.")
@State
public class RangeLockRaces {
    private static final long BLOCK = 4096;

    private final RangeLock lock = new RangeLock();
    private final Claimer first = new Claimer();
    private final Claimer second = new Claimer();
    private int content;

    private final class Claimer {
        private final StepLoop loop = new StepLoop(1);
        private final RangeLock.Lane lane = lock.lane(loop, request -> change());
        private int changes;

        private void claim() {
            if (lane.acquire(0, 0, BLOCK)) {
                change();
            }
        }

        private void change() {
            content++;
            changes++;
            lane.release(0);
        }
    }

    @Actor
    public void one() {
        first.claim();
    }

    @Actor
    public void other() {
        second.claim();
    }

    /** Who had to wait goes on in its own loop. */
    @Arbiter
    public void result(II_Result r) {
        first.loop.runAll();
        second.loop.runAll();
        r.r1 = content;
        r.r2 = first.changes + second.changes;
    }
}
