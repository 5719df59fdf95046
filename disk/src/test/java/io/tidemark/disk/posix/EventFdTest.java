// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFdTest {
    @TempDir
    Path folder;

    @Test
    void aSignalAfterTheEndReachesNobodyElsesFile() throws Exception {
        Path file = Files.createFile(folder.resolve("image"));
        EventFd event = new EventFd();
        int number = event.fd();
        event.close();
        // The lowest free number is given out next, most likely the same.
        int fd = Libc.C.open(file.toString(), OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC, 0);
        event.signal();
        event.close();
        assertThat(Files.size(file)).isZero();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment none = arena.allocate(1);
            assertThat(Libc.C.pread(fd, Libc.pointer(none.address()), 1, 0)).isZero();
        }
        Libc.C.close(fd);
        assertThat(number).isNotNegative();
    }

    @Test
    void aDescriptorThatIsNoneIsNoError() {
        EventFd.signal(-1);
    }
}
