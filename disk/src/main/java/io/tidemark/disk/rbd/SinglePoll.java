// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.uring.IoUring;

/**
 * A loop's poll of a file, which is armed once or not at all. The end of one that was taken back is told later, when the next may be
 * armed already; so each has a number, the token of its completions.
 */
final class SinglePoll {
    private final IoUring ring;
    private final int file;
    private final int target;
    private int number;
    private boolean armed;

    /** @param target where completions go; it passes them to {@link #told} */
    SinglePoll(IoUring ring, int file, int target) {
        this.ring = ring;
        this.file = file;
        this.target = target;
    }

    void arm() {
        if (!armed) {
            armed = true;
            ring.preparePoll(file, target, ++number);
        }
    }

    void takeBack() {
        if (armed) {
            armed = false;
            ring.preparePollRemove(target, number);
        }
    }

    /** A completion has come. */
    void told(int token, boolean more) {
        if (token == number && !more) {
            armed = false;
        }
    }
}
