// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OfdLockTest {
    @TempDir
    Path folder;

    @Test
    void excludesOthersOfTheSameProcessByStretchAndKind() throws Exception {
        String file = Files.createFile(folder.resolve("lock")).toString();
        int one = Libc.C.open(file, OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC, 0);
        int other = Libc.C.open(file, OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC, 0);
        try {
            assertThat(OfdLock.shared(one, 100, 1)).isZero();
            assertThat(OfdLock.shared(other, 100, 1)).isZero();
            assertThat(OfdLock.exclusive(other, 100, 1)).isIn(Errno.EAGAIN, Errno.EACCES);
            assertThat(OfdLock.isTaken(other, 101, 1)).isFalse();
            assertThat(OfdLock.exclusive(other, 101, 1)).isZero();
            assertThat(OfdLock.isTaken(one, 101, OfdLock.TO_END)).isTrue();
        } finally {
            Libc.C.close(other);
        }
        assertThat(OfdLock.isTaken(one, 101, OfdLock.TO_END)).isFalse();
        Libc.C.close(one);
    }

    @Test
    void anUnusableDescriptorIsAnErrno() {
        assertThat(OfdLock.exclusive(1 << 20, 0, 1)).isNotZero();
    }
}
