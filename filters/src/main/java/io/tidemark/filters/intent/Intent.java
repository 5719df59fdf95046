// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import io.tidemark.disk.Loop;

/** Asked by a loop before a change goes to the image: does stable storage know that its place may differ from the history? */
public interface Intent {
    /** Nobody wants to know. */
    Intent NONE = new Intent() {
        @Override
        public boolean covers(long offset, long end) {
            return true;
        }

        @Override
        public void want(long offset, long end) {}

        @Override
        public void join(Loop loop, Runnable news) {}
    };

    /**
     * Whether a change of the range may go to the image now. By loops; costs one look at a byte for each region, and allocates
     * nothing.
     */
    boolean covers(long offset, long end);

    /** Has the range covered, soon. By loops; returns at once. */
    void want(long offset, long end);

    /** From now on the loop runs {@code news} whenever more is covered. Before its first question. */
    void join(Loop loop, Runnable news);
}
