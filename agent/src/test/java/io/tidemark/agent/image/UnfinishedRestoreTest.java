// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.restore.RestoreNote;
import io.tidemark.disk.ImageName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnfinishedRestoreTest {
    private static final int DISK = 1 << 20;

    @TempDir
    Path folder;

    private Path file;
    private Path link;

    @BeforeEach
    void makeImage() throws IOException {
        file = Files.write(folder.resolve("vda.img"), new byte[DISK]);
        link = Files.createSymbolicLink(folder.resolve("link.img"), file);
    }

    @Test
    void isSeenByEachNameOfTheImage() {
        begin(file);
        isRefused(file);
        isRefused(link);
    }

    @Test
    void isSeenByEachNameThoughAnotherWasGivenToTheRestore() {
        begin(link);
        isRefused(file);
        isRefused(link);
    }

    @Test
    void anImageWithoutOneIsServed() {
        assertThatCode(() -> UnfinishedRestore.refuseToServe(name(link))).doesNotThrowAnyException();
    }

    private static void begin(Path image) {
        RestoreNote.begin(
                RestoreNotes.beside(name(image)).orElseThrow(),
                new RestoreNote.Goal(new UUID(1, 2), 1, 1, DISK, "latest", ""));
    }

    private void isRefused(Path image) {
        assertThatThrownBy(() -> UnfinishedRestore.refuseToServe(name(image)))
                .hasMessageContaining("a restore into it is unfinished, as " + file + ".restore says");
    }

    private static ImageName name(Path image) {
        return ImageName.parse("raw:" + image);
    }
}
