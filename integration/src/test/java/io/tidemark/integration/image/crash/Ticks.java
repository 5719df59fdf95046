// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

/** The time of a recording: each thing that happens has a moment of its own. Any thread. */
final class Ticks {
    /** A moment that doesn't come. */
    static final int NEVER = Integer.MAX_VALUE;

    private int last;

    synchronized int next() {
        return ++last;
    }

    synchronized int last() {
        return last;
    }
}
