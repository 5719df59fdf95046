// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Tells when all requests have ended that may know of a cluster which no entry names any more.
 *
 * <p>Each loop counts its requests, by generations of which there are two. Who waits sees first that nobody is left of the other
 * generation, then makes new requests count for that one, and sees that nobody is left of the former.
 */
final class Grace {
    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(int[].class);

    private final List<WeakReference<Passage>> passages = new CopyOnWriteArrayList<>();
    private volatile int generation;

    /** A loop's requests that are on their way. The loop alone counts. */
    final class Passage {
        /** Far from the ends: what other loops write lies in other lines of the processor's cache. */
        private static final int FIRST = 16;

        private final int[] counts = new int[2 * FIRST];

        /** A request begins: what it reads of tables it reads behind this. @return its generation */
        int begin() {
            int now = generation;
            COUNT.setOpaque(counts, FIRST + now, counts[FIRST + now] + 1);
            // Entries are read behind it: pairs with the fence in isOver. One of the two sees the other's change.
            VarHandle.fullFence();
            return now;
        }

        /** It has ended. */
        void end(int begunIn) {
            // Release: whatever the request has done was before.
            COUNT.setRelease(counts, FIRST + begunIn, counts[FIRST + begunIn] - 1);
        }

        private boolean isEmpty(int of) {
            return (int) COUNT.getAcquire(counts, FIRST + of) == 0;
        }
    }

    /** For a loop; forgotten when the loop has forgotten it. */
    Passage passage() {
        Passage passage = new Passage();
        passages.removeIf(known -> known.get() == null);
        passages.add(new WeakReference<>(passage));
        return passage;
    }

    /** By who waits: whether nobody is left of the generation that new requests don't count for. */
    boolean isOver() {
        VarHandle.fullFence();
        int former = 1 - generation;
        for (WeakReference<Passage> known : passages) {
            Passage passage = known.get();
            if (passage != null && !passage.isEmpty(former)) {
                return false;
            }
        }
        return true;
    }

    /** By who waits: new requests count for the other generation. */
    void next() {
        generation = 1 - generation;
    }
}
