// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Where control sockets lie.
 *
 * <p>Without a path given, an agent's is {@code DIR/agent-PID.sock}, so agents never clash; DIR is {@code /run/tidemark}
 * for root, else {@code $XDG_RUNTIME_DIR/tidemark}, else {@code /tmp/tidemark-USER}.
 */
public final class ControlSocket {
    private ControlSocket() {}

    /** The folder of the sockets that have no path given. */
    public static Path folder(Map<String, String> environment, String user) {
        if (user.equals("root")) {
            return Path.of("/run/tidemark");
        }
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        return runtime.isEmpty() ? Path.of("/tmp/tidemark-" + user) : Path.of(runtime, "tidemark");
    }

    /** The same for this process. */
    public static Path folder() {
        return folder(System.getenv(), System.getProperty("user.name"));
    }

    /** Where this process listens when it isn't told. */
    public static Path ofThisProcess() {
        return folder().resolve("agent-" + ProcessHandle.current().pid() + ".sock");
    }

    /** The sockets in the folder that an agent answers on. */
    public static List<Path> live(Path folder) {
        List<Path> live = new ArrayList<>();
        try (DirectoryStream<Path> sockets = Files.newDirectoryStream(folder, "agent-*.sock")) {
            for (Path socket : sockets) {
                if (answers(socket)) {
                    live.add(socket);
                }
            }
        } catch (IOException e) {
            // No folder: no agents.
        }
        live.sort(null);
        return live;
    }

    /**
     * Makes the way free for a socket at the path: makes its folder, and removes a socket that nobody listens on.
     *
     * @throws AgentException IN_USE if somebody listens, REFUSED if something else is in its place, IO
     */
    public static void claim(Path path) {
        try {
            if (!Files.isDirectory(path.getParent())) {
                Files.createDirectories(
                        path.getParent(),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                return;
            }
            if (!isSocket(path)) {
                throw new AgentException(
                        Code.REFUSED,
                        "control socket " + path,
                        "there is a file that is no socket",
                        "remove it or choose another path");
            }
            if (answers(path)) {
                throw new AgentException(
                        Code.IN_USE,
                        "control socket " + path,
                        "another agent listens on it",
                        "stop that one or choose another path");
            }
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new AgentException(
                    Code.IO, "control socket " + path + ": can't be made (" + e + "); choose another path", e);
        }
    }

    private static boolean isSocket(Path path) throws IOException {
        int type = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 0170000;
        return type == 0140000;
    }

    /** Whether somebody listens. */
    static boolean answers(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (ConnectException | NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            // Refused for another reason, such as permissions: not free.
            return Files.exists(socket);
        }
    }
}
