// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.socket;

/** Signalling through eventfds. */
public final class EventFd {
    private EventFd() {}

    /** Adds one to the eventfd's count; quietly does nothing where the descriptor is none. */
    public static void signal(int fd) {
        var _ = SystemCalls.writeOne(fd);
    }
}
