// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FileSystemTest {
    @Test
    void tmpfsIsMemoryAndTheCheckoutsFileSystemIsNot() throws IOException {
        assertThat(isMemory(Path.of("/dev/shm"))).isTrue();
        boolean checkout = Files.getFileStore(Path.of("target")).type().equals("tmpfs");
        assertThat(isMemory(Path.of("target"))).isEqualTo(checkout);
    }

    private static boolean isMemory(Path folder) throws IOException {
        Path file = Files.createTempFile(folder.toAbsolutePath(), "tidemark", ".img");
        int fd = Libc.C.open(file.toString(), OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC, 0);
        try {
            return FileSystem.of(fd).isMemory();
        } finally {
            Libc.C.close(fd);
            Files.delete(file);
        }
    }
}
