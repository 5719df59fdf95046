// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.IntConsumer;

/** Regions that loops wait for. Any thread adds, one takes: each addition is taken, by the next taking that begins after it. */
final class WantedRegions {
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] words;
    private volatile boolean any;

    WantedRegions(int count) {
        this.words = new long[(count + Long.SIZE - 1) / Long.SIZE];
    }

    void add(int region) {
        WORD.getAndBitwiseOr(words, region / Long.SIZE, 1L << region);
        any = true;
    }

    boolean isEmpty() {
        return !any;
    }

    void take(IntConsumer taker) {
        any = false; // before the words are looked at: what is added behind that look sets it again
        for (int i = 0; i < words.length; i++) {
            for (long left = (long) WORD.getAndSet(words, i, 0L); left != 0; left &= left - 1) {
                taker.accept(i * Long.SIZE + Long.numberOfTrailingZeros(left));
            }
        }
    }
}
