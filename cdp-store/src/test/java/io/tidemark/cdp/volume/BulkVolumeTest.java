// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BulkVolumeTest extends StoreVolumeTest {
    @TempDir
    Path directory;

    @Override
    protected StoreVolume volume() {
        return DirectoryVolume.forBulk(directory);
    }

    @Test
    void theBuildsFileSystemIsWrittenPastThePageCache() throws IOException {
        try (var segment = volume().create("00000001")) {
            boolean direct = Files.getFileStore(directory).getBlockSize() <= 4096;
            assertThat(segment).isInstanceOf(direct ? DirectSegment.class : FileSegment.class);
        }
    }
}
