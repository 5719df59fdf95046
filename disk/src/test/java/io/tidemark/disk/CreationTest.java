// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.ImageException.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CreationTest {
    private static final int MIB = 1 << 20;

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameIt() {
        file = folder.resolve("image");
    }

    private Image make(Creation creation, ImageName name, boolean replace) {
        return creation.make(replace, over -> Images.create(name, MIB, over));
    }

    private void makeAndFail(ImageName name, boolean replace) {
        try (Creation creation = new Creation(name);
                Image image = make(creation, name, replace)) {
            throw new OutOfMemoryError("while it is filled: " + image.name());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"raw:", "qcow2:"})
    void whatIsNewStaysOnlyWhole(String kind) {
        ImageName name = ImageName.parse(kind + file);
        assertThatThrownBy(() -> makeAndFail(name, false)).isInstanceOf(OutOfMemoryError.class);
        assertThat(file).doesNotExist();
        assertThatThrownBy(() -> makeAndFail(name, true)).isInstanceOf(OutOfMemoryError.class);
        assertThat(file).doesNotExist();
        try (Creation creation = new Creation(name)) {
            make(creation, name, false).close();
            creation.complete();
        }
        assertThat(file).exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {"raw:", "qcow2:"})
    void whatWasThereBeforeIsNotRemoved(String kind) throws IOException {
        ImageName name = ImageName.parse(kind + file);
        Files.write(file, new byte[MIB]);
        assertThatThrownBy(() -> makeAndFail(name, false))
                .isInstanceOfSatisfying(
                        ImageException.class, e -> assertThat(e.code()).isEqualTo(Code.EXISTS));
        assertThat(file).exists();
        assertThatThrownBy(() -> makeAndFail(name, true)).isInstanceOf(OutOfMemoryError.class);
        assertThat(file).exists();
    }

    /** Somebody has taken it meanwhile: what failed is told, and what is in use stays. */
    @Test
    void whatIsInUseIsNotRemoved() {
        ImageName name = ImageName.parse("raw:" + file);
        assertThatThrownBy(() -> {
                    try (Creation creation = new Creation(name);
                            Image image = make(creation, name, false)) {
                        image.unlock();
                        Images.open(name, false);
                        throw new IllegalStateException("first");
                    }
                })
                .hasMessage("first")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
        assertThat(file).exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {"raw:", "qcow2:"})
    void nothingIsLeftOfWhatCanNotBeMade(String kind) {
        ImageName name = ImageName.parse(kind + file);
        assertThatThrownBy(() -> Images.create(name, 1L << 62, false)).isInstanceOf(ImageException.class);
        assertThat(file).doesNotExist();
        assertThatThrownBy(() -> Images.create(name, 0, false)).isInstanceOf(ImageException.class);
        assertThat(file).doesNotExist();
    }
}
