// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import java.lang.foreign.MemorySegment;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JI_Result;

/** One loop has written pages of two words, while another punches them: the stamp says who came first. */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Stamped before the punch: not known.")
@Outcome(id = "-1, 0", expect = Expect.ACCEPTABLE, desc = "No stamp while it was on its way: not known.")
@Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "Written after the punch: known.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Known though it was punched, or not known though it is there.")
@State
public class DataMapRaces {
    private static final long FROM = 62 << 12;
    private static final long TO = 66 << 12;
    private static final long MIDDLE = 64 << 12;

    private final DataMap map = new DataMap(MemorySegment.ofArray(new long[8]), MemorySegment.ofArray(new long[1]));
    private long stamp;

    @Actor
    public void writer() {
        stamp = map.stamp(FROM, TO);
        map.add(FROM, TO, stamp);
    }

    @Actor
    public void puncher() {
        map.beginPunch(FROM, TO);
        map.endPunch(FROM, TO);
    }

    @Arbiter
    public void result(JI_Result r) {
        r.r1 = stamp;
        r.r2 = (map.isData(FROM, MIDDLE) ? 1 : 0) + (map.isData(MIDDLE, TO) ? 1 : 0);
    }
}
