// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

import io.tidemark.disk.posix.Errno;
import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import jnr.posix.CmsgHdr;
import jnr.posix.MsgHdr;
import jnr.unixsocket.UnixSocketAddress;
import jnr.unixsocket.UnixSocketChannel;

/**
 * A stream of bytes and file descriptors over a Unix socket. Belongs to one thread; waiting ends when its
 * {@link Wakeup} is woken.
 */
public final class UnixConnection implements AutoCloseable {
    /** Linux's linux/socket.h and bits/socket.h. */
    private static final int SOL_SOCKET = 1;

    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;

    private final int fd;
    private final Wakeup wakeup;
    private boolean closed;

    private UnixConnection(int fd, Wakeup wakeup) {
        this.fd = fd;
        this.wakeup = wakeup;
        Fd.closeOnExec(fd);
    }

    /** Connects to whoever listens on the path. */
    public static UnixConnection connect(Path path, Wakeup wakeup) throws IOException {
        // Never closed as a channel: that would end the connection for a process that has it by then, too.
        UnixSocketChannel channel = UnixSocketChannel.open(new UnixSocketAddress(path.toFile()));
        return new UnixConnection(channel.getFD(), wakeup);
    }

    /** Goes on with a connection that another process has passed on, whose descriptor is this object's from now on. */
    public static UnixConnection adopt(int fd, Wakeup wakeup) {
        return new UnixConnection(fd, wakeup);
    }

    /** The socket, which stays this object's. */
    public int fd() {
        return fd;
    }

    /** Waits until something new has come, or the other side has left. @return false when woken or paused instead */
    public boolean awaitNews() {
        return wakeup.awaitNews(fd);
    }

    /**
     * Receives at least a byte, and the descriptors that came with it.
     *
     * @param into a direct buffer; filled from its position up to its limit at the most
     * @return how many bytes came, or -1 when the other side has left or this one was woken
     */
    public int receive(ByteBuffer into, PassedFds fds) {
        while (wakeup.awaitInput(fd)) {
            ByteBuffer bytes = into.slice();
            MsgHdr message = SystemCalls.LIBC.allocateMsgHdr();
            message.setIov(new ByteBuffer[] {bytes});
            CmsgHdr control = message.allocateControl(PassedFds.MAX * Integer.BYTES);
            int count = SystemCalls.LIBC.recvmsg(fd, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
            if (count > 0) {
                takeDescriptors(message, control, fds);
                into.position(into.position() + count);
                return count;
            }
            if (count == 0) {
                return -1;
            }
            retryOrThrow("receiving");
        }
        return -1;
    }

    /**
     * The kernel passes all descriptors of a message in one control message, so the first is the only one. (Walking them
     * with getControls() would not end for an odd number of descriptors: it ignores the padding.)
     */
    private static void takeDescriptors(MsgHdr message, CmsgHdr control, PassedFds fds) {
        if ((message.getFlags() & MSG_CTRUNC) != 0) {
            fds.lostSome();
        }
        if (message.getControlLen() == 0 || control.getLevel() != SOL_SOCKET || control.getType() != SCM_RIGHTS) {
            return;
        }
        ByteBuffer data = control.getData().order(ByteOrder.nativeOrder());
        while (data.remaining() >= Integer.BYTES) {
            fds.add(data.getInt());
        }
    }

    /**
     * Sends all of a direct buffer, with descriptors, which stay the caller's.
     *
     * @return false when this side was woken meanwhile
     */
    public boolean send(ByteBuffer from, int... descriptors) {
        int[] left = descriptors;
        while (from.hasRemaining()) {
            if (!wakeup.awaitOutput(fd)) {
                return false;
            }
            MsgHdr message = SystemCalls.LIBC.allocateMsgHdr();
            message.setIov(new ByteBuffer[] {from.slice()});
            if (left.length > 0) {
                attach(message, left);
            }
            int count = SystemCalls.LIBC.sendmsg(fd, message, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (count >= 0) {
                from.position(from.position() + count);
                left = new int[0];
            } else {
                retryOrThrow("sending");
            }
        }
        return true;
    }

    /** Sends a direct buffer on any socket, if there is room for it now. @return whether all of it was sent */
    public static boolean sendAtOnce(int socket, ByteBuffer from) {
        MsgHdr message = SystemCalls.LIBC.allocateMsgHdr();
        message.setIov(new ByteBuffer[] {from.slice()});
        return SystemCalls.LIBC.sendmsg(socket, message, MSG_DONTWAIT | MSG_NOSIGNAL) == from.remaining();
    }

    private static void attach(MsgHdr message, int[] descriptors) {
        CmsgHdr control = message.allocateControl(descriptors.length * Integer.BYTES);
        control.setLevel(SOL_SOCKET);
        control.setType(SCM_RIGHTS);
        ByteBuffer data =
                ByteBuffer.allocateDirect(descriptors.length * Integer.BYTES).order(ByteOrder.nativeOrder());
        for (int descriptor : descriptors) {
            data.putInt(descriptor);
        }
        control.setData(data.flip());
    }

    private void retryOrThrow(String doing) {
        int errno = SystemCalls.LIBC.errno();
        if (errno != Errno.EAGAIN && errno != Errno.EINTR) {
            throw new VhostException(Code.DISCONNECTED, "the connection broke while " + doing + ": errno " + errno);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Fd.close(fd);
        }
    }
}
