// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The processors' time so far, in ticks, from proc_stat(5).
 *
 * @param all without what guests of this machine got, which is in it already
 * @param stolen what a virtual machine's host gave to others
 */
record MachineTime(long all, long stolen) {
    private static final int STEAL = 7;

    static MachineTime now() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/stat"))) {
            long[] ticks = Stream.of(lines.findFirst().orElseThrow().split(" +"))
                    .skip(1)
                    .mapToLong(Long::parseLong)
                    .toArray();
            return new MachineTime(LongStream.of(ticks).limit(STEAL + 1).sum(), ticks[STEAL]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The share of the time since then that the host gave to others, in percent. */
    double stolenSince(MachineTime before) {
        return 100.0 * (stolen - before.stolen) / Math.max(1, all - before.all);
    }
}
