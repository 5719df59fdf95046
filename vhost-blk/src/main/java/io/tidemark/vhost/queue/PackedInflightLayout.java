// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

/** A queue's part of the memory that outlives the backend, for packed rings (vhost-user.rst, "Inflight I/O tracking"). */
final class PackedInflightLayout {
    static final long VERSION = 8;
    static final long DESCRIPTORS = 10;
    static final long FREE_HEAD = 12;

    /**
     * used_idx, old_used_idx, used_wrap_counter and old_used_wrap_counter, which lie in eight aligned bytes: one store changes
     * them all, so no death comes between them.
     */
    static final long USED = 16;

    static final long STATES = 32;

    /** In each entry. */
    static final long INFLIGHT = 0;

    static final long NEXT = 2;
    static final long LAST = 4;
    static final long COUNT = 6;
    static final long COUNTER = 8;
    static final long ID = 16;
    static final long FLAGS = 18;
    static final long LEN = 20;
    static final long ADDR = 24;
    static final long STATE_SIZE = 32;

    static final short CURRENT = 1;

    private static final int OLD_INDEX_SHIFT = 16;
    private static final int WRAP_SHIFT = 32;
    private static final int OLD_WRAP_SHIFT = 40;

    private PackedInflightLayout() {}

    static long bytes(int queueSize) {
        return STATES + queueSize * STATE_SIZE;
    }

    static long state(int entry) {
        return STATES + entry * STATE_SIZE;
    }

    /** The eight bytes at {@link #USED}. */
    static long used(int position, int oldPosition) {
        return RingPosition.index(position)
                | (long) RingPosition.index(oldPosition) << OLD_INDEX_SHIFT
                | (RingPosition.wrap(position) ? 1L << WRAP_SHIFT : 0)
                | (RingPosition.wrap(oldPosition) ? 1L << OLD_WRAP_SHIFT : 0);
    }

    static int position(long used) {
        return position(used & 0xffff, used >>> WRAP_SHIFT & 1);
    }

    static int oldPosition(long used) {
        return position(used >>> OLD_INDEX_SHIFT & 0xffff, used >>> OLD_WRAP_SHIFT & 1);
    }

    /** An index that is no place in any ring stays one that is none. */
    private static int position(long index, long wrap) {
        return (int) (Math.min(index, RingPosition.WRAP - 1) | wrap << 15);
    }
}
