// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent;

import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.history.Histories;
import io.tidemark.agent.history.HistoryReport;
import io.tidemark.agent.history.Progress;
import io.tidemark.agent.history.RestoreOrder;
import io.tidemark.agent.history.RestoreReport;
import io.tidemark.agent.history.VerifyReport;
import java.nio.file.Path;

/** Where the command line and the control API meet the rooms that do the work. */
public record Wiring(ServedDisk.Opener disks, Histories histories) {
    /** The real ones. */
    public static Wiring real() {
        return new Wiring(
                config -> {
                    throw unwired("disk " + config.id());
                },
                new UnwiredHistories());
    }

    private static AgentException unwired(String what) {
        return new AgentException(Code.UNSUPPORTED, what, "this build has no data path yet", "wait for the next");
    }

    private static final class UnwiredHistories implements Histories {
        @Override
        public HistoryReport history(Path store, String disk) {
            throw unwired("store " + store);
        }

        @Override
        public RestoreReport restore(RestoreOrder order, Progress progress) {
            throw unwired("store " + order.store());
        }

        @Override
        public VerifyReport verify(Path store, Progress progress) {
            throw unwired("store " + store);
        }
    }
}
