// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.integration.backend.Backend;
import io.tidemark.integration.backend.TidemarkAgent;
import java.util.function.Supplier;

/** How much of a row's changes the history recorded: a capture that can't keep up is fast, but not what was asked for. */
final class Recording {
    private Recording() {}

    /** Runs a row; where it is captured, from a history that has caught up, and counting what it lost. */
    static Measurement of(Backend backend, Contender contender, Supplier<Measurement> row) {
        if (!contender.records() || !(backend instanceof TidemarkAgent agent)) {
            return row.get();
        }
        agent.awaitCaughtUp();
        ProtectionStatus before = agent.status().protection();
        Measurement measured = row.get();
        agent.awaitCaughtUp();
        ProtectionStatus after = agent.status().protection();
        long lost = after.lost() - before.lost();
        long recorded = after.position() - before.position();
        return measured.recorded(lost + recorded == 0 ? 1 : (double) recorded / (lost + recorded));
    }
}
