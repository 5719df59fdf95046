// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent;

import io.tidemark.agent.config.AgentConfig;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.history.Histories;
import io.tidemark.agent.history.StoreHistories;
import io.tidemark.agent.past.AttachOrder;
import io.tidemark.agent.past.PastImages;
import io.tidemark.agent.serve.TakeOver;
import io.tidemark.agent.serve.VhostDisk;
import io.tidemark.filters.capture.WriteClock;
import java.nio.file.Path;
import java.util.List;

/**
 * Where the command line and the control API meet the rooms that do the work.
 *
 * @param incoming opens disks whose guests are on another host yet
 * @param pasts opens disks as they were
 */
public record Wiring(ServedDisk.Opener disks, ServedDisk.Opener incoming, Heir heir, Pasts pasts, Histories histories) {
    /** Serves what a disk was. */
    @FunctionalInterface
    public interface Pasts {
        /**
         * @throws AgentException if it can't be served
         * @throws io.tidemark.disk.ImageException if there is no place for changes
         */
        ServedDisk open(DiskConfig config, AttachOrder order);
    }

    /** Takes the disks of an agent over that has run until now, whose control socket this is. */
    @FunctionalInterface
    public interface Heir {
        /** @throws AgentException if they can't be had */
        List<ServedDisk> takeOver(Path control, AgentConfig config);
    }

    /** The real ones. */
    public static Wiring real() {
        return new Wiring(
                config -> VhostDisk.open(config, OneClock.CLOCK),
                config -> VhostDisk.openIncoming(config, OneClock.CLOCK),
                (control, config) -> TakeOver.from(control, config, OneClock.CLOCK),
                (config, order) -> VhostDisk.serve(config, PastImages.open(config.id(), order)),
                new StoreHistories());
    }

    /** Started with the first disk: other commands need none. */
    private static final class OneClock {
        static final WriteClock CLOCK = WriteClock.start();
    }
}
