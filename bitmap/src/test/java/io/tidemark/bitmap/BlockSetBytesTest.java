// SPDX-License-Identifier: Apache-2.0
package io.tidemark.bitmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockSetBytesTest {
    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);

    private BlockSet any() {
        var set = new BlockSet(4096);
        for (int i = random.nextInt(300); i >= 0; i--) {
            set.add(random.nextLong(1L << 40), random.nextInt(1 << random.nextInt(30)));
        }
        return set;
    }

    private static List<String> ranges(BlockSet set) {
        var found = new ArrayList<String>();
        set.forEachRange((offset, length) -> found.add(offset + "+" + length));
        return found;
    }

    @Test
    void aSetIsWhatItsBytesSay() {
        for (int round = 0; round < 50; round++) {
            var set = any();
            var before = ranges(set);
            assertThat(ranges(BlockSet.fromBytes(4096, set.toBytes())))
                    .as("seed %s", seed)
                    .isEqualTo(before);
        }
    }

    @Test
    void otherBytesAreRefusedOrAreSomeSet() {
        for (int round = 0; round < 2000; round++) {
            byte[] bytes = any().toBytes();
            bytes[random.nextInt(Math.min(bytes.length, 40))] = (byte) random.nextInt();
            try {
                BlockSet.fromBytes(4096, bytes).contains(random.nextLong(1L << 40), 4096);
            } catch (IllegalArgumentException e) {
                assertThat(e).as("seed %s", seed).hasMessageContaining("no set of blocks");
            }
        }
        byte[] cut = Arrays.copyOf(new byte[20], 3);
        assertThatThrownBy(() -> BlockSet.fromBytes(4096, cut)).isInstanceOf(IllegalArgumentException.class);
    }
}
