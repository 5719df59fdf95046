// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A reader beside the loop: what it reads later is never less. One set of counters for all samples, as it is in a loop's life. */
@JCStressTest
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "Requests and bytes only grow.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A count went back.")
@State
public class QueueCountersRaces {
    private static final QueueCounters COUNTERS = new QueueCounters();
    private static final Request REQUEST = new Request(0, new IoVector(1));

    static {
        REQUEST.begin(Request.Kind.READ, 0, 512);
    }

    @Actor
    public void loop() {
        COUNTERS.completed(REQUEST, 0, 1000);
    }

    @Actor
    public void reader(ZZ_Result r) {
        long requests = COUNTERS.requests(Request.Kind.READ);
        long bytes = COUNTERS.bytes(Request.Kind.READ);
        r.r1 = COUNTERS.requests(Request.Kind.READ) >= requests;
        r.r2 = COUNTERS.bytes(Request.Kind.READ) >= bytes;
    }
}
