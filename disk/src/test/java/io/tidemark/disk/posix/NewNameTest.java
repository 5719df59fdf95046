// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NewNameTest {
    @TempDir
    private Path folder;

    private interface Way {
        void give(Path file, Path name) throws IOException;
    }

    static Way[] ways() {
        return new Way[] {NewName::give, NewName::giveOtherwise};
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aFileHasItsNewNameAlone(Way way) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "one");
        Path name = folder.resolve("näme");
        way.give(file, name);
        assertThat(name).hasContent("one");
        assertThat(file).doesNotExist();
    }

    @ParameterizedTest
    @MethodSource("ways")
    void nothingIsReplaced(Way way) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "one");
        Path name = Files.writeString(folder.resolve("name"), "other");
        assertThatThrownBy(() -> way.give(file, name)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(file).hasContent("one");
        assertThat(name).hasContent("other");
        Path dangling = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nothing"));
        assertThatThrownBy(() -> way.give(file, dangling)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(file).hasContent("one");
    }

    @ParameterizedTest
    @MethodSource("ways")
    void whatCanNotBeDoneIsTold(Way way) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "one");
        assertThatThrownBy(() -> way.give(file, folder.resolve("none").resolve("name")))
                .isInstanceOf(FileSystemException.class)
                .isNotInstanceOf(FileAlreadyExistsException.class);
        assertThat(file).hasContent("one");
    }
}
