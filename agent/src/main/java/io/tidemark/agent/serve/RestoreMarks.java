// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.read.State;
import java.time.Clock;
import java.time.temporal.ChronoUnit;

/** The marks that a restore in place leaves in the history which it becomes part of. */
record RestoreMarks(String before, String after) {
    /** A restore that begins now. */
    static RestoreMarks now(State to) {
        String what = Clock.systemUTC().instant().truncatedTo(ChronoUnit.MICROS) + " to write:" + to.number() + " ("
                + Micros.text(to.time()) + ")";
        return new RestoreMarks("before restore " + what, "after restore " + what);
    }
}
