// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.guest;

import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A guest's memory in the QEMU that it has left and in the one that it has come to, before it runs there: they must be equal. */
record MemoryOnBothSides(long left, long entered) {
    /** What memory-backend-memfd names its file. */
    private static final String MEMFD = "/memfd:memory-backend-memfd";

    private static final long PAGE = 4096;

    /** How many pages of 4 KiB aren't equal. */
    long differingPages() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment here = memory(left, arena);
            MemorySegment there = memory(entered, arena);
            long differing = 0;
            for (long page = 0; page < here.byteSize(); page += PAGE) {
                if (MemorySegment.mismatch(here, page, page + PAGE, there, page, page + PAGE) >= 0) {
                    differing++;
                }
            }
            return differing;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MemorySegment memory(long pid, Arena arena) throws IOException {
        try (var files = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path file : files) {
                if (Files.readSymbolicLink(file).toString().startsWith(MEMFD)) {
                    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                        return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
                    }
                }
            }
        }
        throw new LabException("QEMU with process id " + pid + " has no memory of " + MEMFD);
    }
}
