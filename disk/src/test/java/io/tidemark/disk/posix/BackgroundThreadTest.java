// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class BackgroundThreadTest {
    private static final long IOPRIO_GET = 252;
    private static final long IOPRIO_WHO_PROCESS = 1;
    private static final int NICE_FIELD = 18;

    private record Priority(int nice, long io) {}

    @Test
    void onlyTheThreadThatEntersStepsBack() throws Exception {
        Priority before = here();
        CompletableFuture<Priority> other = new CompletableFuture<>();
        Thread.ofPlatform().start(BackgroundThread.of(() -> {
            try {
                other.complete(here());
            } catch (IOException e) {
                other.completeExceptionally(e);
            }
        }));
        assertEquals(new Priority(10, 3 << 13), other.get());
        assertEquals(before, here());
    }

    /** Of the calling thread, as the kernel tells it (proc(5), ioprio_get(2)). */
    private static Priority here() throws IOException {
        String stat = Files.readString(Path.of("/proc/thread-self/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new Priority(
                Integer.parseInt(fields[NICE_FIELD - 2]), Libc.C.syscall(IOPRIO_GET, IOPRIO_WHO_PROCESS, 0, 0));
    }
}
