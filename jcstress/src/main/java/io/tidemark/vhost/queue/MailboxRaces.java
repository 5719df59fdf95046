// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZ_Result;

/** A loop falls asleep while somebody posts: whether it slept, whether it was woken, whether the message was run. */
@JCStressTest
@Outcome(id = "true, false, false", expect = Expect.FORBIDDEN, desc = "A message is slept over.")
@Outcome(id = "false, .*, false", expect = Expect.FORBIDDEN, desc = "Mail was seen, but no message.")
@Outcome(expect = Expect.ACCEPTABLE, desc = "Run, or woken for it.")
@State
public class MailboxRaces {
    private volatile boolean woken;
    private volatile boolean ran;
    private boolean slept;
    private final Mailbox mailbox = new Mailbox(() -> woken = true);

    @Actor
    public void poster() {
        mailbox.post(() -> ran = true);
    }

    @Actor
    public void loop() {
        mailbox.run(1);
        slept = mailbox.fallAsleep();
        if (!slept) {
            mailbox.wakeUp();
            mailbox.run(64);
        }
    }

    @Arbiter
    public void result(ZZZ_Result r) {
        r.r1 = slept;
        r.r2 = woken;
        r.r3 = ran;
    }
}
