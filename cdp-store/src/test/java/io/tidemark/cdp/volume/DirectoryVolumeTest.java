// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class DirectoryVolumeTest extends StoreVolumeTest {
    @TempDir
    Path directory;

    @Override
    StoreVolume volume() {
        return new DirectoryVolume(directory);
    }
}
