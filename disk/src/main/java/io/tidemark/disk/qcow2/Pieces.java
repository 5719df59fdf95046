// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;

/**
 * A loop's requests for the pieces of its requests: one that is kept for each request, so that all get on, and some that go to
 * whoever comes first.
 */
final class Pieces {
    private static final int SPARE = 64;
    private static final int LEAST_BUFFERS = 8;

    private final Request[] pieces;
    private final int[] parents;
    private final boolean[] taken;
    private final int[] spare = new int[SPARE];
    private int spareCount;

    Pieces(int requests) {
        pieces = new Request[count(requests)];
        parents = new int[pieces.length];
        taken = new boolean[pieces.length];
        for (int i = 0; i < SPARE; i++) {
            spare[spareCount++] = requests + i;
        }
    }

    /** How many there are for so many requests. */
    static int count(int requests) {
        return requests + SPARE;
    }

    /** Whether there is a piece for a request now. */
    boolean has(Request parent) {
        return !taken[parent.id()] || spareCount > 0;
    }

    /** A piece of a request, to be begun; or null if there is none until another one of it is given back. */
    Request take(Request parent) {
        int id;
        if (!taken[parent.id()]) {
            id = parent.id();
        } else if (spareCount > 0) {
            id = spare[--spareCount];
        } else {
            return null;
        }
        taken[id] = true;
        parents[id] = parent.id();
        return sized(id, parent.data().count());
    }

    /** It grows with what the loop's requests need, so in the end nothing is allocated. */
    private Request sized(int id, int buffers) {
        if (pieces[id] == null || pieces[id].data().capacity() < buffers) {
            pieces[id] = new Request(id, new IoVector(Math.max(LEAST_BUFFERS, Integer.highestOneBit(buffers) * 2)));
        }
        return pieces[id];
    }

    /** Gives a piece back. @return the id of its request */
    int release(Request piece) {
        int id = piece.id();
        taken[id] = false;
        if (id >= pieces.length - SPARE) {
            spare[spareCount++] = id;
        }
        return parents[id];
    }
}
