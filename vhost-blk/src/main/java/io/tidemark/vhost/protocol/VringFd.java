// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

/** The number in SET_VRING_KICK, _CALL and _ERR (vhost-user.rst, same sections): a ring, and whether a descriptor comes. */
public final class VringFd {
    public static final long INDEX_MASK = 0xff;
    public static final long NO_FD = 0x100;

    private VringFd() {}

    public static int index(long value) {
        return (int) (value & INDEX_MASK);
    }

    public static boolean hasFd(long value) {
        return (value & NO_FD) == 0;
    }
}
