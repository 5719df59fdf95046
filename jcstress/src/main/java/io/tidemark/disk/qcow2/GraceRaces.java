// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** A cluster is dropped while a request begins that may still find it. */
@JCStressTest
@Outcome(id = "false, 1", expect = Expect.ACCEPTABLE, desc = "Found, and waited for.")
@Outcome(id = "false, 0", expect = Expect.ACCEPTABLE, desc = "Not found, and waited for: it might have been.")
@Outcome(id = "true, 0", expect = Expect.ACCEPTABLE, desc = "Not found, nor waited for.")
@Outcome(id = "true, 1", expect = Expect.FORBIDDEN, desc = "Found, and not waited for: it would be given to others.")
@State
public class GraceRaces {
    private static final VarHandle ENTRY;

    static {
        try {
            ENTRY = MethodHandles.lookup().findVarHandle(GraceRaces.class, "entry", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Grace grace = new Grace();
    private final Grace.Passage passage = grace.passage();
    private int entry = 1;

    @Actor
    public void dropper(ZI_Result r) {
        ENTRY.setOpaque(this, 0);
        grace.next();
        r.r1 = grace.isOver();
    }

    @Actor
    public void request(ZI_Result r) {
        passage.begin();
        r.r2 = (int) ENTRY.getOpaque(this);
    }
}
