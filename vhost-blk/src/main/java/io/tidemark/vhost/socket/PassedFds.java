// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

/**
 * The file descriptors that came with a message, in order. Those that nobody takes are closed with it.
 */
public final class PassedFds implements AutoCloseable {
    /** vhost-user.rst: at most 8 regions, and so descriptors, in one message. */
    public static final int MAX = 8;

    private final int[] fds = new int[MAX];
    private int count;
    private int taken;
    private boolean tooMany;

    /** Owns the descriptor from now on; one too many is closed. */
    void add(int fd) {
        if (count == MAX) {
            tooMany = true;
            Fd.close(fd);
        } else {
            fds[count++] = fd;
        }
    }

    void lostSome() {
        tooMany = true;
    }

    /** Whether more were sent than a message can have. */
    public boolean tooMany() {
        return tooMany;
    }

    /** How many are left to be taken. */
    public int count() {
        return count - taken;
    }

    /** Gives the next one away: the caller closes it. {@link Fd#NONE} when there is none. */
    public int take() {
        return taken < count ? fds[taken++] : Fd.NONE;
    }

    @Override
    public void close() {
        while (taken < count) {
            Fd.close(fds[taken++]);
        }
    }
}
