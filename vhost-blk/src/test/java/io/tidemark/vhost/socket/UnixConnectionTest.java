// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.fixture.OpenFds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import jnr.unixsocket.UnixServerSocketChannel;
import jnr.unixsocket.UnixSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixConnectionTest {
    @TempDir
    Path folder;

    @Test
    void passesAnyNumberOfDescriptors() throws IOException {
        Path path = folder.resolve("s");
        try (Wakeup wakeup = new Wakeup();
                ListeningSocket listening = ListeningSocket.open(path, wakeup);
                UnixConnection client = UnixConnection.connect(path, wakeup);
                UnixConnection server = listening.accept();
                GuestRam ram = new GuestRam(0, 4096)) {
            for (int count = 0; count <= PassedFds.MAX + 3; count++) {
                int before = OpenFds.count();
                int[] fds = new int[count];
                Arrays.fill(fds, ram.fd());
                client.send(ByteBuffer.allocateDirect(10), fds);
                try (PassedFds passed = new PassedFds()) {
                    ByteBuffer bytes = ByteBuffer.allocateDirect(10);
                    assertThat(server.receive(bytes, passed)).isEqualTo(10);
                    assertThat(passed.count()).isEqualTo(Math.min(count, PassedFds.MAX));
                    assertThat(passed.tooMany()).isEqualTo(count > PassedFds.MAX);
                    int first = passed.take();
                    if (first != Fd.NONE) {
                        assertThat(Files.readString(Path.of("/proc/self/fdinfo/" + first)))
                                .containsPattern("flags:\\s+02[0-7]*"); // O_CLOEXEC
                    }
                    Fd.close(first);
                }
                assertThat(OpenFds.count()).isEqualTo(before);
            }
        }
    }

    @Test
    void replacesASocketThatNobodyListensOn() throws IOException {
        Path path = folder.resolve("s");
        try (UnixServerSocketChannel dead = UnixServerSocketChannel.open()) {
            dead.socket().bind(new UnixSocketAddress(path.toFile()));
        }
        assertThat(path).exists();
        try (Wakeup wakeup = new Wakeup()) {
            try (ListeningSocket listening = ListeningSocket.open(path, wakeup)) {
                assertThatThrownBy(() -> ListeningSocket.open(path, wakeup))
                        .isInstanceOfSatisfying(
                                VhostException.class,
                                e -> assertThat(e.code()).isEqualTo(VhostException.Code.SOCKET_IN_USE))
                        .hasMessageContaining(path.toString());
                assertThat(listening).isNotNull();
                assertThat(path).exists();
            }
            assertThat(path).doesNotExist();
            Files.writeString(path, "a file");
            assertThatThrownBy(() -> ListeningSocket.open(path, wakeup)).hasMessageContaining("something else");
            assertThatThrownBy(() -> ListeningSocket.open(folder.resolve("no/such/s"), wakeup))
                    .hasMessageContaining("folder");
            assertThatThrownBy(() -> ListeningSocket.open(folder.resolve("x".repeat(120)), wakeup))
                    .hasMessageContaining("longer than 107");
        }
    }
}
