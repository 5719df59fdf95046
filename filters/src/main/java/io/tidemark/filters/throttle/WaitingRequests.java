// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import io.tidemark.disk.Request;

/** Requests of one loop that wait, in their order. Only the first has its turn; the next gets one when it has gone. */
final class WaitingRequests {
    private final Request[] requests;
    private int first;
    private int count;

    /** When it is the first one's turn. */
    long due;

    WaitingRequests(int capacity) {
        requests = new Request[capacity];
    }

    boolean isEmpty() {
        return count == 0;
    }

    int count() {
        return count;
    }

    void add(Request request) {
        int end = first + count++;
        requests[end < requests.length ? end : end - requests.length] = request;
    }

    Request first() {
        return requests[first];
    }

    Request remove() {
        Request request = requests[first];
        requests[first] = null;
        first = first + 1 == requests.length ? 0 : first + 1;
        count--;
        return request;
    }
}
