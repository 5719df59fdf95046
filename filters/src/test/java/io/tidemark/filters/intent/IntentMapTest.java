// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.disk.ThreadLoop;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.intent.IntentMap.Stretch;
import java.io.IOException;
import java.util.BitSet;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class IntentMapTest {
    private static final long REGION = 4 << 20;
    private static final long DISK = 40_000 * REGION;
    private static final int HEIR = 5;
    private static final UUID HISTORY = new UUID(3, 4);
    private static final IntentIdentity IDENTITY = new IntentIdentity("vda", "raw:/a", DISK, HISTORY);
    private static final IntentListener UNHURT = (cause, declared) -> {
        throw new AssertionError(cause);
    };

    private CrashFile file = new CrashFile();

    private IntentMap open(int last, String image) throws IOException {
        return IntentMap.open(IDENTITY, file, last, image, 0);
    }

    /** A map that session 1 has left clean. */
    private void clean() throws IOException {
        IntentMap map = open(0, "");
        map.begin(1, true, UNHURT);
        map.closeClean("as it was");
    }

    @Test
    void aNewMapSaysThatAllMayDiffer() throws IOException {
        IntentMap map = open(1, "");
        assertThat(map.isTrusted()).isFalse();
        assertThat(map.stretches()).containsExactly(new Stretch(0, DISK));
        map.begin(2, true, UNHURT);
        assertThat(map.covers(0, DISK)).isTrue();
        map.close();
    }

    @Test
    void aCleanMapIsBelievedInItsSessionAloneAndAsLongAsTheImageIsTheSame() throws IOException {
        clean();
        assertThat(open(1, "as it was").isTrusted()).isTrue();
        assertThat(open(1, "as it was").stretches()).isEmpty();
        assertThat(open(1, "otherwise").isTrusted()).isFalse();
        assertThat(open(2, "as it was").isTrusted()).isFalse();
        assertThat(open(0, "as it was").isTrusted()).isFalse();
        for (IntentIdentity other : new IntentIdentity[] {
            new IntentIdentity("vdb", "raw:/a", DISK, HISTORY),
            new IntentIdentity("vda", "raw:/b", DISK, HISTORY),
            new IntentIdentity("vda", "raw:/a", DISK + REGION, HISTORY),
            new IntentIdentity("vda", "raw:/a", DISK, new UUID(3, 5))
        }) {
            IntentMap map = IntentMap.open(other, file, 1, "as it was", 0);
            assertThat(map.isTrusted()).isFalse();
            assertThat(map.stretches()).containsExactly(new Stretch(0, other.capacity()));
        }
    }

    @Test
    void theSessionBeforeIsBelievedTooForTheHistoryMayNotKnowOfTheNewOne() throws IOException {
        clean();
        IntentMap map = open(1, "as it was");
        map.begin(2, true, UNHURT);
        map.close();
        assertThat(open(1, "").isTrusted()).isTrue();
        assertThat(open(2, "").isTrusted()).isTrue();
    }

    /** Asks as a loop does, and waits until it may go. */
    private static void change(IntentMap map, ThreadLoop loop, Semaphore news, long offset, long end) {
        while (!loop.call(() -> map.covers(offset, end))) {
            loop.execute(() -> map.want(offset, end));
            news.acquireUninterruptibly();
        }
    }

    @Test
    void whatIsCoveredIsStableAndCostsOneSync() throws Exception {
        clean();
        IntentMap map = open(1, "as it was");
        map.begin(2, true, UNHURT);
        Semaphore news = new Semaphore(0);
        try (ThreadLoop loop = new ThreadLoop("q0", 4)) {
            map.join(loop, news::release);
            assertThat(map.covers(REGION, REGION + 512)).isFalse();
            int before = file.syncs;
            change(map, loop, news, 2 * REGION - 512, 2 * REGION + 512);
            change(map, loop, news, 30_000 * REGION, 30_000 * REGION + 512);
            assertThat(file.syncs).isEqualTo(before + 2);
            change(map, loop, news, 2 * REGION, 3 * REGION);
            assertThat(file.syncs).isEqualTo(before + 2);
            for (int seed = 0; seed < 20; seed++) {
                CrashFile whole = file;
                file = whole.crashed(new Random(seed));
                assertThat(open(2, "").stretches())
                        .containsExactly(
                                new Stretch(REGION, 3 * REGION), new Stretch(30_000 * REGION, 30_001 * REGION));
                file = whole;
            }
            map.close();
        }
    }

    @Test
    void whatIsUnusedForARoundIsClosedAndClearedUnlessItIsUsedMeanwhile() throws Exception {
        clean();
        IntentMap map = open(1, "as it was");
        map.begin(2, true, UNHURT);
        Semaphore news = new Semaphore(0);
        try (ThreadLoop loop = new ThreadLoop("q0", 4)) {
            map.join(loop, news::release);
            for (int region = 0; region < 4; region++) {
                change(map, loop, news, region * REGION, (region + 1) * REGION);
            }
            assertThat(map.closeUnused().isEmpty()).isTrue();
            change(map, loop, news, 0, 512);
            BitSet closed = map.closeUnused();
            assertThat(closed.stream()).containsExactly(1, 2, 3);
            change(map, loop, news, 2 * REGION, 2 * REGION + 512);
            map.clear(closed);
            // The thread does one thing after the other: when this is covered, the rest is cleared.
            change(map, loop, news, 9 * REGION, 9 * REGION + 512);
            change(map, loop, news, 10 * REGION, 10 * REGION + 512);
            assertThat(loop.call(() -> map.covers(REGION, 2 * REGION))).isFalse();
            map.close();
            file = file.killed();
            assertThat(open(2, "").stretches())
                    .containsExactly(
                            new Stretch(0, REGION),
                            new Stretch(2 * REGION, 3 * REGION),
                            new Stretch(9 * REGION, 11 * REGION));
        }
    }

    @Test
    void whatIsTakenBackIsOpenWithoutAWrite() throws Exception {
        IntentMap map = open(0, "");
        map.begin(1, true, UNHURT);
        map.closeUnused();
        BitSet closed = map.closeUnused();
        assertThat(closed.cardinality()).isEqualTo(40_000);
        assertThat(map.covers(0, 512)).isFalse();
        int before = file.syncs;
        map.reopen(closed);
        assertThat(map.covers(0, DISK)).isTrue();
        map.close();
        assertThat(file.syncs).isEqualTo(before);
    }

    @Test
    void aDamagedSectorSaysThatAllOfItMayDiffer() throws IOException {
        clean();
        file.flip(4096 + 512 + 7);
        assertThat(open(1, "as it was").stretches()).containsExactly(new Stretch(4032 * REGION, 8064 * REGION));
        clean();
        file.flip(100);
        assertThat(open(1, "as it was").isTrusted()).isFalse();
    }

    @Test
    void aMapThatIsDeclaredInvalidSaysNothingUntilItIsDeclaredValid() throws IOException {
        clean();
        IntentMap map = open(1, "as it was");
        map.begin(2, true, UNHURT);
        assertThat(map.declare(false)).isTrue();
        assertThat(open(2, "").isTrusted()).isFalse();
        assertThat(map.declare(true)).isTrue();
        assertThat(open(2, "").isTrusted()).isTrue();
        map.close();
    }

    private IntentMap inherit(int last) throws IOException {
        return IntentMap.open(IDENTITY, file, last, "", HEIR);
    }

    @Test
    void aMapThatIsLeftToAnHeirIsBelievedByNobodyElse() throws Exception {
        clean();
        IntentMap map = open(1, "as it was");
        map.begin(2, true, UNHURT);
        Semaphore news = new Semaphore(0);
        try (ThreadLoop loop = new ThreadLoop("q0", 4)) {
            map.join(loop, news::release);
            change(map, loop, news, 3 * REGION, 3 * REGION + 512);
            map.declare(false);
            map.closeForHeir(false, HEIR);
        }
        assertThat(open(2, "").isTrusted()).isFalse();
        assertThat(inherit(3).isTrusted()).isFalse();
        assertThat(inherit(2).isTrusted()).isTrue();
        assertThat(inherit(2).stretches()).containsExactly(new Stretch(3 * REGION, 4 * REGION));
    }

    @Test
    void whatPassedAnHeirsMapByIsNamedOnceItIsBelieved() throws IOException {
        clean();
        IntentMap map = open(1, "as it was");
        map.begin(2, true, UNHURT);
        map.closeForHeir(true, HEIR);
        IntentMap heirs = inherit(2);
        assertThat(heirs.isTrusted()).isTrue();
        assertThat(heirs.stretches()).isEmpty();
        heirs.begin(3, false, UNHURT);
        file = file.killed();
        assertThat(open(3, "").isTrusted()).isFalse();
        assertThat(inherit(3).isTrusted()).isFalse();

        file = new CrashFile();
        clean();
        map = open(1, "as it was");
        map.begin(2, true, UNHURT);
        map.closeForHeir(true, HEIR);
        heirs = inherit(2);
        heirs.begin(3, false, UNHURT);
        BlockSet passedBy = new BlockSet(1 << 16);
        passedBy.add(5 * REGION - 512, 1024);
        passedBy.add(DISK - 512, 512);
        assertThat(heirs.declare(true, passedBy)).isTrue();
        assertThat(heirs.covers(4 * REGION, 6 * REGION)).isTrue();
        assertThat(heirs.covers(6 * REGION, 6 * REGION + 512)).isFalse();
        heirs.close();
        for (int seed = 0; seed < 20; seed++) {
            CrashFile whole = file;
            file = whole.crashed(new Random(seed));
            assertThat(open(3, "").stretches())
                    .containsExactly(new Stretch(4 * REGION, 6 * REGION), new Stretch(DISK - REGION, DISK));
            file = whole;
        }
    }

    /** A loop that has seen a region closed may ask for it when it is open already, and would not be told then. */
    @Test
    void loopsHearOfRegionsThatADeclarationOpens() throws Exception {
        clean();
        IntentMap map = open(1, "as it was");
        map.begin(2, false, UNHURT);
        Semaphore news = new Semaphore(0);
        try (ThreadLoop loop = new ThreadLoop("q0", 4)) {
            map.join(loop, news::release);
            assertThat(map.covers(0, 512)).isFalse();
            BlockSet passedBy = new BlockSet(1 << 16);
            passedBy.add(0, 512);
            assertThat(map.declare(true, passedBy)).isTrue();
            map.want(0, 512);
            assertThat(news.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
            assertThat(map.covers(0, 512)).isTrue();
            map.close();
        }
    }

    @Test
    void aFileThatCantBeWrittenHurtsNobody() throws Exception {
        for (boolean deletable : new boolean[] {true, false}) {
            file = new CrashFile();
            clean();
            IntentMap map = open(1, "as it was");
            CompletableFuture<FilterException> told = new CompletableFuture<>();
            CompletableFuture<Boolean> said = new CompletableFuture<>();
            map.begin(2, true, (cause, declared) -> {
                said.complete(declared);
                told.complete(cause);
            });
            Semaphore news = new Semaphore(0);
            try (ThreadLoop loop = new ThreadLoop("q0", 4)) {
                map.join(loop, news::release);
                file.readOnly(deletable);
                change(map, loop, news, 0, 512);
                assertThat(told.get(10, TimeUnit.SECONDS).getMessage())
                        .contains("its intent map can't be written (Read-only file system)");
                assertThat(said.get()).isEqualTo(deletable);
                assertThat(map.isBroken()).isTrue();
                assertThat(map.closeUnused().isEmpty()).isTrue();
                assertThat(map.covers(0, DISK)).isTrue();
                assertThat(map.declare(false)).isEqualTo(deletable);
            }
            map.close();
            assertThat(open(2, "").isTrusted()).isEqualTo(!deletable);
        }
    }

    @Test
    void aDiskHasAtMost65536RegionsOfAtLeastFourMebibytes() {
        assertThat(Regions.of(512)).isEqualTo(new Regions(512, 22, 1));
        assertThat(Regions.of(REGION + 512).count()).isEqualTo(2);
        assertThat(Regions.of(1L << 38)).isEqualTo(new Regions(1L << 38, 22, 65536));
        assertThat(Regions.of((1L << 38) + 512)).isEqualTo(new Regions((1L << 38) + 512, 23, 32769));
        assertThat(Regions.of(1L << 50).count()).isEqualTo(65536);
    }
}
