// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Notes beside files. */
class NoteFileTest extends NotePlaceTest {
    @TempDir
    Path folder;

    @Override
    protected NotePlace place() {
        return new NoteFile(folder.resolve("vda.img"));
    }

    @Test
    void itIsAFileOfItsOwnName() throws IOException {
        place().replace(new byte[] {7});
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(folder.resolve("vda.img.restore"));
        }
        assertThat(folder.resolve("vda.img.restore")).hasBinaryContent(new byte[] {7});
        assertThat(place().toString())
                .isEqualTo(folder.resolve("vda.img.restore").toString());
    }
}
