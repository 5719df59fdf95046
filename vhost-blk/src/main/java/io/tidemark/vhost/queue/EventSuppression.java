// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

/**
 * {@code struct pvirtq_event_suppress} (virtio 1.3, 2.8.14): when one side of a packed ring wants to hear from the other. Four
 * bytes that are read and written at once: the descriptor's offset and wrap counter in the low half, the flags in the high.
 */
final class EventSuppression {
    static final int SIZE = 4;

    static final int ENABLE = 0;
    static final int DISABLE = 1;

    /** Only for a particular descriptor. */
    static final int DESC = 2;

    private static final int FLAGS_SHIFT = 16;
    private static final int FLAGS_MASK = 3;

    private EventSuppression() {}

    static int of(int flags, int position) {
        return flags << FLAGS_SHIFT | position;
    }

    static int flags(int wish) {
        return wish >>> FLAGS_SHIFT & FLAGS_MASK;
    }

    static int position(int wish) {
        return wish & 0xffff;
    }
}
