// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

import io.tidemark.disk.posix.Libc;
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
    private final int fd;
    private final Object file;

    private ListeningSocket(Path path, Wakeup wakeup, int fd) throws IOException {
        this.path = path;
        this.wakeup = wakeup;
        this.fd = fd;
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
        int fd = Fd.NONE;
        try {
            // Never closed as a channel: that would end the socket for a process that has it by then, too.
            UnixServerSocketChannel channel = UnixServerSocketChannel.open();
            fd = channel.getFD();
            Fd.closeOnExec(fd);
            channel.socket().bind(new UnixSocketAddress(path.toFile()));
            return new ListeningSocket(path, wakeup, fd);
        } catch (IOException | RuntimeException e) {
            Fd.close(fd);
            throw new VhostException(
                    Code.BAD_SOCKET,
                    "socket " + path + " can't be made (" + e.getMessage() + "): is its folder there and writable?",
                    e);
        }
    }

    /** Goes on listening where another process has begun to, with its descriptor, which is this object's from now on. */
    public static ListeningSocket adopt(Path path, int fd, Wakeup wakeup) {
        try {
            return new ListeningSocket(path, wakeup, fd);
        } catch (IOException e) {
            throw new VhostException(
                    Code.BAD_SOCKET, "socket " + path + " is not where it was handed over: " + e.getMessage(), e);
        }
    }

    /** The socket, which stays this object's. */
    public int fd() {
        return fd;
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

    /** Waits for the next frontend. @return null when woken or paused instead */
    public UnixConnection accept() {
        if (!wakeup.awaitNews(fd)) {
            return null;
        }
        int accepted = SystemCalls.accept(fd);
        if (accepted < 0) {
            throw new VhostException(Code.BAD_SOCKET, "socket " + path + " can't accept: " + Libc.describe(-accepted));
        }
        return UnixConnection.adopt(accepted, wakeup);
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
            Fd.close(fd);
        }
    }

    /** Listens no more, and leaves the path to whoever goes on there. */
    public void leave() {
        Fd.close(fd);
    }

    private static Object fileKey(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }
}
