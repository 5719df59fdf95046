// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.status.AgentStatus;
import io.tidemark.agent.status.DiskStatus;
import io.tidemark.agent.status.QueueStatus;
import java.time.Duration;
import java.util.List;
import java.util.function.ToLongFunction;

/** What {@code status} prints. */
record StatusReport(List<OfAgent> agents) {
    /** @param control the socket it answered on */
    record OfAgent(String control, AgentStatus agent, List<DiskStatus> disks, List<Rates> rates) {}

    /**
     * Per second, over a short while.
     *
     * @param seconds how long that was
     */
    record Rates(String disk, double seconds, double requests, double readBytes, double writtenBytes) {
        static Rates between(DiskStatus earlier, DiskStatus later) {
            double seconds =
                    Math.max(1, Duration.between(earlier.time(), later.time()).toNanos()) / 1e9;
            return new Rates(
                    later.id(),
                    seconds,
                    (sum(later, QueueStatus::requests) - sum(earlier, QueueStatus::requests)) / seconds,
                    (sum(later, QueueStatus::readBytes) - sum(earlier, QueueStatus::readBytes)) / seconds,
                    (sum(later, QueueStatus::writtenBytes) - sum(earlier, QueueStatus::writtenBytes)) / seconds);
        }

        private static long sum(DiskStatus disk, ToLongFunction<QueueStatus> counter) {
            return disk.queues().stream().mapToLong(counter).sum();
        }
    }
}
