// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

/** Requests of a loop that wait until there is a buffer for them, oldest first. Allocates nothing once it is made. */
public final class WaitingRequests {
    private final Request[] ring;
    private int head;
    private int count;

    /** @param requests how many may wait: all of the loop's */
    public WaitingRequests(int requests) {
        this.ring = new Request[requests];
    }

    public void add(Request request) {
        ring[(head + count++) % ring.length] = request;
    }

    /** Takes the one that has waited longest; null if there is none. */
    public Request next() {
        if (count == 0) {
            return null;
        }
        Request next = ring[head];
        ring[head] = null;
        head = (head + 1) % ring.length;
        count--;
        return next;
    }
}
