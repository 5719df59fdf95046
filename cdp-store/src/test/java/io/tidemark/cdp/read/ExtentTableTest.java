// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ExtentTableTest {
    @Test
    void sortsManyExtentsOfTheLargestDisk() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        long sectors = (1L << 50) / PastView.SECTOR;
        var table = new ExtentTable();
        long[] offsets = new long[(1 << 22) + 3];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = random.nextLong(sectors) * PastView.SECTOR;
            table.add(offsets[i], 1, random.nextInt(10) == 0 ? -1 : i);
        }
        table.sortByOffset();
        long[] sorted = LongStream.of(offsets).sorted().toArray();
        assertThat(IntStream.range(0, table.size()).mapToLong(table::offset).toArray())
                .as("seed %d", seed)
                .isEqualTo(sorted);
        int[] byRecord = IndexSort.order(table.size(), table::record);
        assertThat(IntStream.of(byRecord).map(table::record).toArray())
                .as("seed %d", seed)
                .isSorted()
                .hasSize(table.size());
        assertThat(IntStream.range(0, table.size())
                        .filter(i -> table.record(i) >= 0)
                        .allMatch(i -> offsets[table.record(i)] == table.offset(i)))
                .as("seed %d", seed)
                .isTrue();
    }
}
