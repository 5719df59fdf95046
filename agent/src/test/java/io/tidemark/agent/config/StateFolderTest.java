// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.AgentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFolderTest {
    @TempDir
    private Path folder;

    @Test
    void theDefaultIsTheUsersOwn() {
        assertThat(StateFolder.byDefault(Map.of("XDG_STATE_HOME", "/x"), "root", "/root")
                        .directory())
                .isEqualTo(Path.of("/var/lib/tidemark"));
        assertThat(StateFolder.byDefault(Map.of("XDG_STATE_HOME", "/x"), "ann", "/home/ann")
                        .directory())
                .isEqualTo(Path.of("/x/tidemark"));
        assertThat(StateFolder.byDefault(Map.of(), "ann", "/home/ann").directory())
                .isEqualTo(Path.of("/home/ann/.local/state/tidemark"));
    }

    @Test
    void itIsMadeForThisUserAlone() throws IOException {
        StateFolder state = new StateFolder(folder.resolve("a/b"));
        state.create();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state.directory())))
                .isEqualTo("rwx------");
        state.create();
        assertThat(state.intent("vda")).isEqualTo(folder.resolve("a/b/vda.intent"));
        assertThat(state.spool("vda")).isEqualTo(folder.resolve("a/b/vda.spool"));
    }

    @Test
    void aFileInItsPlaceIsTold() throws IOException {
        Path file = Files.createFile(folder.resolve("f"));
        assertThatThrownBy(() -> new StateFolder(file).create())
                .isInstanceOf(AgentException.class)
                .hasMessage("state folder " + file + ": there is a file of that name; name another by state=");
    }
}
