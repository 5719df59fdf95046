// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryVolumeTest extends StoreVolumeTest {
    @TempDir
    Path directory;

    @Override
    protected StoreVolume volume() {
        return DirectoryVolume.in(directory);
    }

    @Test
    void whatNobodyWouldFindIsNotOnStableStorage() throws IOException {
        try (var arena = Arena.ofConfined();
                var segment = volume().create("00000001")) {
            segment.append(arena.allocate(512));
            segment.sync();
            Files.move(directory.resolve("00000001"), directory.resolve("aside"));
            assertThatThrownBy(segment::sync).isInstanceOf(NoSuchFileException.class);
            Files.createFile(directory.resolve("00000001"));
            assertThatThrownBy(segment::sync).isInstanceOf(NoSuchFileException.class);
        }
    }
}
