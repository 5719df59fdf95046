// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.IoVector;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each binding is called once for its effect: jnr-ffi has mixed up arguments before. */
class NativeMemoryTest {
    @Test
    void aSharedMappingIsTheFileAtItsOffset(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("file");
        int fd = Libc.C.open(path.toString(), OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_CLOEXEC, 0600);
        try {
            assertThat(Libc.C.ftruncate(fd, 3L * NativeMemory.PAGE)).isZero();
            MemorySegment mapping = NativeMemory.shared(fd, 2L * NativeMemory.PAGE, NativeMemory.PAGE);
            mapping.set(ValueLayout.JAVA_BYTE, 5, (byte) 42);
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
                file.seek(2L * NativeMemory.PAGE + 5);
                assertThat(file.read()).isEqualTo(42);
            }
            NativeMemory.unmap(mapping);
            FileStatus status = FileStatus.of(fd);
            assertThat(status.isRegularFile()).isTrue();
            assertThat(status.size()).isEqualTo(3L * NativeMemory.PAGE);
        } finally {
            Libc.C.close(fd);
        }
    }

    @Test
    void memoryThatVanishesIsAnAnswerNotACrash(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("file");
        int fd = Libc.C.open(path.toString(), OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_CLOEXEC, 0600);
        try {
            Libc.C.ftruncate(fd, NativeMemory.PAGE);
            MemorySegment mapping = NativeMemory.shared(fd, 0, NativeMemory.PAGE);
            MemorySegment own = NativeMemory.anonymous(NativeMemory.PAGE);
            Libc.C.ftruncate(fd, 0);
            IoVector vector = new IoVector(1);
            vector.add(mapping.address(), NativeMemory.PAGE);
            assertThat(vector.copyTo(own.address())).isFalse();
            assertThat(vector.copyFrom(own.address())).isFalse();
            assertThatThrownBy(() -> mapping.get(ValueLayout.JAVA_INT, 0)).isInstanceOf(InternalError.class);
        } finally {
            Libc.C.close(fd);
        }
    }

    @Test
    void anImpossibleMappingSaysWhy() {
        assertThatThrownBy(() -> NativeMemory.shared(-1, 0, NativeMemory.PAGE))
                .isInstanceOf(MappingException.class)
                .hasMessageContaining("Bad file descriptor");
    }
}
