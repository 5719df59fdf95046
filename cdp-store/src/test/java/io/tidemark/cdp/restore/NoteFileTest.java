// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.StoreException;
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

    @Test
    void whatFailsLeavesNothing() throws IOException {
        Files.createDirectories(folder.resolve("vda.img.restore/in the way"));
        assertThatThrownBy(() -> place().replace(new byte[] {7})).isInstanceOf(StoreException.class);
        assertThat(folder.resolve("vda.img.restore.new")).doesNotExist();
    }

    @Test
    void aFolderThatIsNotThereIsNamed() {
        Path gone = folder.resolve("gone");
        assertThatThrownBy(() -> new NoteFile(gone.resolve("vda.img")).replace(new byte[] {7}))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(StoreException.Code.NOT_FOUND))
                .hasMessage(gone.resolve("vda.img.restore") + ": there is no folder " + gone
                        + ": make it, or name another place for the image");
    }
}
