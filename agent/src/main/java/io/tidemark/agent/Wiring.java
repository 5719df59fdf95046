// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent;

import io.tidemark.agent.history.Histories;
import io.tidemark.agent.history.StoreHistories;
import io.tidemark.agent.serve.VhostDisk;
import io.tidemark.filters.capture.WriteClock;

/** Where the command line and the control API meet the rooms that do the work. */
public record Wiring(ServedDisk.Opener disks, Histories histories) {
    /** The real ones. */
    public static Wiring real() {
        return new Wiring(config -> VhostDisk.open(config, OneClock.CLOCK), new StoreHistories());
    }

    /** Started with the first disk: other commands need none. */
    private static final class OneClock {
        static final WriteClock CLOCK = WriteClock.start();
    }
}
