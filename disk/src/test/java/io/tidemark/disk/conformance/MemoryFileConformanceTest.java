// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.conformance;

import java.nio.file.Path;

/** Raw files in memory, which are mapped. */
class MemoryFileConformanceTest extends FileConformanceTest {
    @Override
    Path parent() {
        return Path.of("/dev/shm");
    }
}
