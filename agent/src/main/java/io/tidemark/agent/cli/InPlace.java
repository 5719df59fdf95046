// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.history.Progress;
import io.tidemark.agent.status.RestoreStatus;
import java.nio.file.Path;

/** A restore in place by the agent that serves the disk. */
final class InPlace {
    private static final long TICK_MILLIS = 200;

    private InPlace() {}

    /** @param qmp of a guest to stop meanwhile and to reset afterwards; null for none */
    static RestoreStatus run(ControlClient agent, String disk, String point, Path qmp, Progress progress) {
        try (GuestPause guest = GuestPause.of(qmp)) {
            RestoreStatus status;
            try {
                status = agent.restore(disk, point);
            } catch (AgentException e) {
                guest.goOn();
                throw e;
            }
            while (status.state() == RestoreStatus.State.RUNNING) {
                pause(disk);
                status = agent.restoring(disk);
                progress.at(status.doneBytes(), status.totalBytes());
            }
            switch (status.state()) {
                case DONE -> guest.reset();
                case FAILED -> guest.goOn();
                default -> throw new AgentException(Code.FAILED, status.error() + guest.stays(), null);
            }
            return checked(status);
        }
    }

    /** @throws AgentException if it isn't done */
    static RestoreStatus checked(RestoreStatus status) {
        if (status.state() != RestoreStatus.State.DONE) {
            throw new AgentException(Code.FAILED, status.error(), null);
        }
        return status;
    }

    private static void pause(String disk) {
        try {
            Thread.sleep(TICK_MILLIS);
        } catch (InterruptedException e) {
            throw new AgentException(Code.IO, "disk " + disk + ": its restore goes on in the agent", e);
        }
    }
}
