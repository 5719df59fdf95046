// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a process has cost so far, from proc(5).
 *
 * @param cpuSeconds user and system time of all its threads
 * @param residentBytes memory resident now, without what it shares with others: the guest's, and images that lie in memory
 */
public record ProcessCost(double cpuSeconds, long residentBytes) {
    /** USER_HZ, the unit of /proc/PID/stat: 100 on every Linux architecture that we run on. */
    private static final double TICKS_PER_SECOND = 100;

    private static final int UTIME = 14;
    private static final int STIME = 15;

    public static ProcessCost of(long pid) {
        try {
            Path proc = Path.of("/proc", Long.toString(pid));
            String stat = Files.readString(proc.resolve("stat"));
            // Field 2 is the name in brackets and may hold blanks: count from behind it.
            List<String> fields =
                    List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
            long ticks = Long.parseLong(fields.get(UTIME - 3)) + Long.parseLong(fields.get(STIME - 3));
            return new ProcessCost(ticks / TICKS_PER_SECOND, resident(proc));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long resident(Path proc) throws IOException {
        long bytes = 0;
        for (String line : Files.readAllLines(proc.resolve("status"))) {
            if (line.startsWith("RssAnon:") || line.startsWith("RssFile:") || line.startsWith("VmPTE:")) {
                bytes += Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        return bytes;
    }
}
