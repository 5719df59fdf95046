// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class GranulesProperty {
    /** What is told turns what was before into what is now, and nothing is told twice or for nothing. */
    @Property(tries = 300)
    void differencesMakeTheOldContentTheNew(@ForAll long seed, @ForAll boolean known, @ForAll boolean zeros) {
        Random random = new Random(seed);
        int length = (1 + random.nextInt(60)) * 512;
        byte[] before = content(random, length);
        byte[] now = zeros ? new byte[length] : content(random, length);
        byte[] result = before.clone();
        long[] told = {0};
        Granules.differences(
                zeros ? null : MemorySegment.ofArray(now),
                known ? MemorySegment.ofArray(before) : null,
                length,
                (from, to, zero) -> {
                    assertThat(from).isGreaterThanOrEqualTo(told[0]).isLessThan(to);
                    told[0] = to;
                    for (int i = (int) from; i < to; i++) {
                        assertThat(zero && now[i] != 0).isFalse();
                        result[i] = now[i];
                    }
                });
        assertThat(result).isEqualTo(now);
        if (!known) {
            assertThat(told[0]).isEqualTo(length);
        }
    }

    private static byte[] content(Random random, int length) {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length; at += Granules.SIZE) {
            int sort = random.nextInt(3);
            if (sort > 0) {
                bytes[at + random.nextInt(Math.min(512, length - at))] = (byte) sort;
            }
        }
        return bytes;
    }
}
