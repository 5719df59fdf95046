// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

/**
 * A loop's changes on their way to the image, so that somebody can wait until all that are there now have completed,
 * while new ones keep coming. By the loop's thread only.
 *
 * <p>Changes belong to one of two generations; a wait begins a new generation and ends when the old one is empty.
 */
final class InFlight {
    private final byte[] generationOf;
    private final int[] count = new int[2];
    private final Queue<CompletableFuture<Void>> waiting = new ArrayDeque<>();
    private byte generation;

    InFlight(int requests) {
        this.generationOf = new byte[requests];
    }

    void begin(int requestId) {
        generationOf[requestId] = generation;
        count[generation]++;
    }

    void end(int requestId) {
        if (--count[generationOf[requestId]] == 0 && !waiting.isEmpty()) {
            answer();
        }
    }

    /** Answers when all changes that are under way now have ended. */
    void whenSettled(CompletableFuture<Void> settled) {
        waiting.add(settled);
        if (waiting.size() == 1) {
            generation ^= 1;
            answer();
        }
    }

    private void answer() {
        while (!waiting.isEmpty() && count[generation ^ 1] == 0) {
            waiting.remove().complete(null);
            if (!waiting.isEmpty()) {
                generation ^= 1;
            }
        }
    }
}
