// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.disk.Completion;
import io.tidemark.disk.Request;

/** Completions that a loop holds back while a {@link Cut} is made. By the loop's thread only; nothing is allocated. */
final class HeldBack {
    private final Request[] requests;
    private final int[] statuses;
    private int count;
    private boolean holding;
    private long since;

    HeldBack(int requests) {
        this.requests = new Request[requests];
        this.statuses = new int[requests];
    }

    boolean isHolding() {
        return holding;
    }

    void begin() {
        holding = true;
        since = System.nanoTime();
    }

    void add(Request request, int status) {
        requests[count] = request;
        statuses[count++] = status;
    }

    /**
     * Lets all go, in their order.
     *
     * @return for how long they were held at the most, in nanoseconds
     */
    long end(Completion then) {
        holding = false;
        long nanos = System.nanoTime() - since;
        int all = count;
        count = 0;
        for (int i = 0; i < all; i++) {
            Request request = requests[i];
            requests[i] = null;
            then.completed(request, statuses[i]);
        }
        return nanos;
    }
}
