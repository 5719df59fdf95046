// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.config.StateFolder;
import io.tidemark.agent.history.Progress;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.cdp.StoreName;
import io.tidemark.filters.capture.Durability;
import io.tidemark.filters.capture.WriteClock;
import io.tidemark.filters.protect.ProtectionState;
import io.tidemark.filters.protect.ProtectionStatus;
import io.tidemark.filters.throttle.Limits;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Restores a disk in place that no agent serves: opens it as an agent does, without a socket. So its image is compared with its
 * history first, and what it holds now can be had again.
 */
public final class UnservedRestore {
    private static final long TICK_MILLIS = 50;

    private UnservedRestore() {}

    /**
     * @param comparing told of the first part, which ends before {@code restoring} is asked for
     * @throws AgentException if it can't be begun; how it ended is in the answer
     */
    public static RestoreStatus run(
            StoreName store,
            String disk,
            String image,
            String point,
            Progress comparing,
            Supplier<Progress> restoring) {
        DiskConfig config = new DiskConfig(
                disk,
                image,
                Path.of("none"),
                1,
                false,
                Optional.of(store),
                StateFolder.byDefault(),
                Durability.ASYNC,
                DiskConfig.DEFAULT_SPOOL,
                Limits.NONE,
                Optional.empty());
        try (VhostDisk opened = VhostDisk.openUnserved(config, WriteClock.start())) {
            awaitExact(opened, comparing);
            RestoreStatus status = opened.restore(point);
            Progress progress = restoring.get();
            while (status.state() == RestoreStatus.State.RUNNING) {
                pause();
                status = opened.restoring();
                progress.at(status.doneBytes(), status.totalBytes());
            }
            return status;
        }
    }

    private static void awaitExact(VhostDisk disk, Progress progress) {
        while (true) {
            ProtectionStatus now = disk.protectionStatus().orElseThrow();
            if (now.state() == ProtectionState.PROTECTED) {
                return;
            }
            if (now.state() == ProtectionState.FAILED) {
                throw new AgentException(Code.IO, now.error().orElse("the history can't be written"), null);
            }
            progress.at(now.syncedBytes(), now.syncBytes());
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(TICK_MILLIS);
        } catch (InterruptedException e) {
            throw new AgentException(Code.IO, "restore: interrupted; give the same command again", e);
        }
    }
}
