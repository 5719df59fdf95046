// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.format.BlockHeader;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** However many stretches there are, all that was added is needed, and memory stays bounded. */
class NeededBytesTest {
    private static final int SECTORS = BlockHeader.MAX_RAW / 512;

    private final NeededBytes needed = new NeededBytes();

    @Test
    void whatIsTheSameOrTouchesIsOne() {
        for (int round = 0; round < 1000; round++) {
            for (int sector = SECTORS - 1; sector >= 0; sector--) {
                needed.add(64, sector * 512, 512);
            }
        }
        assertThat(needed.count()).isLessThan(2 * SECTORS);
    }

    @Test
    void nothingIsForgottenAndNothingElseIsNeededWhileThereAreFew() {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        var random = new Random(seed);
        var expected = new BitSet();
        for (int i = 0; i < 100_000; i++) {
            int block = random.nextInt(100);
            int from = random.nextInt(SECTORS);
            int sectors = 1 + random.nextInt(Math.min(4, SECTORS - from));
            needed.add(64 + block, from * 512, sectors * 512);
            expected.set(block * SECTORS + from, block * SECTORS + from + sectors);
        }
        assertThat(found()).as("seed %s", seed).isEqualTo(expected);
        assertThat(needed.count()).isLessThan(100_000);
    }

    @Test
    void ofTooManyTheBlocksAreTold() {
        for (int sector = 0; sector < SECTORS; sector += 2) {
            for (int block = 0; block < 10_000; block++) {
                needed.add(64 + block, sector * 512, 512);
            }
        }
        assertThat(needed.count()).isLessThan(1_000_000);
        var all = found();
        for (int block = 0; block < 10_000; block++) {
            for (int sector = 0; sector < SECTORS; sector += 2) {
                assertThat(all.get(block * SECTORS + sector)).isTrue();
            }
        }
    }

    private BitSet found() {
        needed.sort();
        var found = new BitSet();
        for (int i = 0; i < needed.count(); i++) {
            int block = (int) (needed.block(i) - 64) * SECTORS;
            found.set(block + needed.from(i) / 512, block + needed.to(i) / 512);
        }
        return found;
    }
}
