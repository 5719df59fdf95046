// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;

class PageCacheTest {
    @Test
    void whatWasSyncedIsNotInMemoryAfterADrop() throws IOException {
        Path folder = Path.of("target").toAbsolutePath();
        assumeFalse(Files.getFileStore(folder).type().equals("tmpfs"), "tmpfs is nothing but page cache");
        Path file = Files.createTempFile(folder, "cached", ".bin");
        file.toFile().deleteOnExit();
        Files.write(file, new byte[64 << 10]);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        assertThat(cachedPages(file)).isPositive();
        PageCache.drop(file);
        assertThat(cachedPages(file)).isZero();
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> PageCache.drop(Path.of("/nowhere/at/all")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/nowhere/at/all");
    }

    /** util-linux's fincore asks mincore(2). */
    private static int cachedPages(Path file) throws IOException {
        Process fincore = new ProcessBuilder("fincore", "--noheadings", "--output", "PAGES", file.toString()).start();
        return Integer.parseInt(new String(fincore.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
    }
}
