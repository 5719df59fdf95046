// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.memory;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;

/**
 * One stretch of guest memory, mapped into this process. Addresses are unsigned; sizes are in bytes and need not be
 * multiples of a page.
 *
 * @param guestAddress where the guest sees it
 * @param size how long it is, at least 1
 * @param userAddress where the frontend sees it
 * @param mmapOffset where it begins in the file that was mapped
 * @param mapping where this process sees it; owned by whoever made the region
 */
public record Region(long guestAddress, long size, long userAddress, long mmapOffset, Mapping mapping) {
    public Region {
        check(guestAddress, size, userAddress, mmapOffset);
    }

    /** Maps the stretch of the file and describes it. The caller keeps the file descriptor and may close it at once. */
    public static Region map(long guestAddress, long size, long userAddress, long mmapOffset, int fd) {
        check(guestAddress, size, userAddress, mmapOffset);
        return new Region(guestAddress, size, userAddress, mmapOffset, Mapping.map(fd, mmapOffset, size));
    }

    /** Whether some guest address lies in both. */
    public boolean overlaps(Region other) {
        return Long.compareUnsigned(other.guestAddress - guestAddress, size) < 0
                || Long.compareUnsigned(guestAddress - other.guestAddress, other.size) < 0;
    }

    /** Whether a frontend that names a region by these means this one. */
    public boolean is(long guest, long bytes, long user) {
        return guestAddress == guest && size == bytes && userAddress == user;
    }

    private static void check(long guestAddress, long size, long userAddress, long mmapOffset) {
        if (size <= 0) {
            throw refused(guestAddress, size, "has no size that could be mapped");
        }
        if (wraps(guestAddress, size) || wraps(userAddress, size)) {
            throw refused(guestAddress, size, "reaches beyond the last address");
        }
        if (mmapOffset < 0 || mmapOffset > Long.MAX_VALUE - size) {
            throw refused(guestAddress, size, "begins at file offset " + Long.toUnsignedString(mmapOffset));
        }
    }

    private static boolean wraps(long address, long size) {
        return Long.compareUnsigned(address + (size - 1), address) < 0;
    }

    private static VhostException refused(long guestAddress, long size, String reason) {
        return new VhostException(
                Code.BAD_MEMORY,
                "memory at 0x%x, %s bytes, %s".formatted(guestAddress, Long.toUnsignedString(size), reason));
    }

    @Override
    public String toString() {
        return "[0x%x, +%d)".formatted(guestAddress, size);
    }
}
