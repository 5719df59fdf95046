// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.history.Progress;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import io.tidemark.disk.ImageName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of files that are in a conversion's way. */
class ImageConversionTest {
    @TempDir
    Path folder;

    /** A guest may run on it by now: --force was given for what was there before, and there was nothing. */
    @Test
    void aFileThatHasComeMeanwhileStays() throws IOException {
        Path source = Files.write(folder.resolve("source"), filled(1));
        Path target = folder.resolve("target");
        Progress disturbed = (done, total) -> {
            try {
                Files.write(target, filled(2));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        var conversion = new ImageConversion(ImageName.parse("raw:" + source), ImageName.parse("raw:" + target), true);
        assertThatThrownBy(() -> conversion.run(disturbed))
                .isInstanceOfSatisfying(
                        ImageException.class, e -> assertThat(e.code()).isEqualTo(Code.EXISTS))
                .hasMessageContaining("there is a file of that name by now");
        assertThat(target).hasBinaryContent(filled(2));
        assertThat(folder.resolve("target.tidemark-new")).hasBinaryContent(filled(1));

        conversion.run(Progress.NONE);
        assertThat(target).hasBinaryContent(filled(1));
        assertThat(folder.resolve("target.tidemark-new")).doesNotExist();
    }

    @Test
    void anImageIsNotConvertedIntoItself() throws IOException {
        Path source = Files.write(folder.resolve("source"), filled(1));
        Path link = Files.createSymbolicLink(folder.resolve("link"), source);
        var conversion = new ImageConversion(ImageName.parse("raw:" + source), ImageName.parse("qcow2:" + link), true);
        assertThatThrownBy(() -> conversion.run(Progress.NONE))
                .hasMessageContaining("image qcow2:" + link + ": is what raw:" + source + " is read from");
        assertThat(source).hasBinaryContent(filled(1));
    }

    private static byte[] filled(int value) {
        byte[] bytes = new byte[1 << 20];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }
}
