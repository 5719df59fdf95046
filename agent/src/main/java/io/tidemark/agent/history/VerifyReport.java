// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import java.util.List;

/**
 * The result of reading a whole store.
 *
 * @param bytesRead of all volumes
 * @param seconds how long it took
 */
public record VerifyReport(String store, List<Disk> disks, long bytesRead, double seconds) {
    /**
     * One disk's history.
     *
     * @param records how many were read and checked
     * @param damage what is wrong, one sentence each with place and consequence; empty if nothing is
     * @param notes what is odd but harmless, such as a torn tail
     */
    public record Disk(
            String disk,
            long records,
            List<HistoryReport.Interval> restorable,
            List<String> damage,
            List<String> notes) {}

    public boolean damaged() {
        return disks.stream().anyMatch(disk -> !disk.damage().isEmpty());
    }
}
