// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import jnr.unixsocket.UnixServerSocketChannel;
import jnr.unixsocket.UnixSocketAddress;
import jnr.unixsocket.UnixSocketChannel;

/**
 * A Unix socket that frontends connect to. Its file is made when it opens, in place of one that nobody listens on any
 * more, and removed when it closes.
 */
public final class ListeningSocket implements AutoCloseable {
    /** unix(7): sun_path with its closing zero. */
    private static final int PATH_MAX = 107;

    private final Path path;
    private final Wakeup wakeup;
    private final UnixServerSocketChannel channel;
    private final Object file;

    private ListeningSocket(Path path, Wakeup wakeup, UnixServerSocketChannel channel) throws IOException {
        this.path = path;
        this.wakeup = wakeup;
        this.channel = channel;
        this.file = fileKey(path);
    }

    /** Has the native calls of this package generated, which else happens at their first use. */
    public static void loadBindings() {
        try {
            SystemCalls.LIBC.getpid();
            UnixServerSocketChannel.open().close();
        } catch (IOException e) {
            throw new VhostException(Code.BAD_SOCKET, "a socket can't be made: " + e.getMessage(), e);
        }
    }

    /** Listens on the path. Frontends that connect are kept waiting until {@link #accept}. */
    public static ListeningSocket open(Path path, Wakeup wakeup) {
        if (path.toString().getBytes(StandardCharsets.UTF_8).length > PATH_MAX) {
            throw new VhostException(
                    Code.BAD_SOCKET, "socket " + path + ": the path is longer than " + PATH_MAX + " bytes: shorten it");
        }
        removeStale(path);
        UnixServerSocketChannel channel = null;
        try {
            channel = UnixServerSocketChannel.open();
            Fd.closeOnExec(channel.getFD());
            channel.socket().bind(new UnixSocketAddress(path.toFile()));
            return new ListeningSocket(path, wakeup, channel);
        } catch (IOException | RuntimeException e) {
            closeQuietly(channel);
            throw new VhostException(
                    Code.BAD_SOCKET,
                    "socket " + path + " can't be made (" + e.getMessage() + "): is its folder there and writable?",
                    e);
        }
    }

    private static void removeStale(Path path) {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            if (!Files.readAttributes(path, BasicFileAttributes.class).isOther()) {
                throw new VhostException(
                        Code.BAD_SOCKET, "socket " + path + ": something else is there: remove it or name another");
            }
            if (answers(path)) {
                throw new VhostException(
                        Code.SOCKET_IN_USE,
                        "socket " + path + " is in use: another process listens on it; stop that or name another");
            }
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new VhostException(Code.BAD_SOCKET, "socket " + path + " can't be replaced: " + e.getMessage(), e);
        }
    }

    private static boolean answers(Path path) {
        try (UnixSocketChannel probe = UnixSocketChannel.open(new UnixSocketAddress(path.toFile()))) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** Waits for the next frontend. @return null when woken instead */
    public UnixConnection accept() {
        if (!wakeup.awaitInput(channel.getFD())) {
            return null;
        }
        try {
            return new UnixConnection(channel.accept(), wakeup);
        } catch (IOException e) {
            throw new VhostException(Code.BAD_SOCKET, "socket " + path + " can't accept: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        try {
            if (file.equals(fileKey(path))) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            // Somebody removed it already, which is what was wanted.
        } finally {
            closeQuietly(channel);
        }
    }

    private static Object fileKey(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    private static void closeQuietly(UnixServerSocketChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // Nothing depends on it any more.
            }
        }
    }
}
