// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.keep.HistoryKeeping;
import io.tidemark.cdp.volume.CountingVolume;
import io.tidemark.cdp.volume.MemoryPlace;
import io.tidemark.disk.Extent;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Looking back on a long log, of 600 segments, costs what it finds, and not what there is: hardly any of the log is read. Its writes go
 * to eight blocks in turn, but for a few.
 */
class LookingBackCostTest {
    private static final int BLOCK = 4096;
    private static final int BUSY = 8;
    private static final int WRITES = 20_000;
    private static final int EVERY = 6_500;
    private static final long RARE = 1 << 20;
    private static final long NEVER = 2 << 20;
    private static final long DISK = 4 << 20;

    private CountingVolume log;
    private CountingVolume layers;
    private HistoryReader reader;

    @BeforeEach
    void begin() throws IOException {
        var plain = Histories.inMemory(DISK);
        try (var writer = Histories.tinyWriter(plain)) {
            writer.gapBegin(1, GapReason.START);
            writer.syncZero(0, 0, DISK);
            writer.gapEnd(1);
            var content = new byte[BLOCK];
            for (int number = 1; number <= WRITES; number++) {
                content[number % BLOCK]++;
                writer.write(
                        number,
                        number % EVERY == 0 ? RARE : (long) number % BUSY * BLOCK,
                        MemorySegment.ofArray(content));
                if (number % 30 == 0) {
                    Histories.commit(writer);
                }
            }
        }
        var keeping = HistoryKeeping.open(plain, () -> WRITES, () -> Long.MAX_VALUE, () -> false, what -> {
            throw new AssertionError(what);
        });
        keeping.makeLayers(Integer.MAX_VALUE - 1);
        log = new CountingVolume(plain.meta());
        layers = new CountingVolume(plain.layers());
        var place = ((MemoryPlace) plain.place()).with("meta", log).with("layers", layers);
        reader = HistoryReader.open(new History(plain.disk(), plain.id(), plain.capacity(), place), false);
        assertThat(reader.catalogue().log()).hasSizeGreaterThan(500);
    }

    @AfterEach
    void end() {
        reader.close();
    }

    private State at(long number) {
        return reader.resolve(new Point.WriteNumber(number));
    }

    private void forget() {
        log.forget();
        layers.forget();
    }

    @Test
    void changedReadsTheTwoLogSegmentsAtItsEnds() throws IOException {
        var from = at(WRITES / 10 + 7);
        var to = at(WRITES - WRITES / 10 - 3);
        forget();
        var found = new ArrayList<Extent>();
        reader.changed(from, to, false, found::add);
        assertThat(found)
                .containsExactly(
                        new Extent(0, BUSY * BLOCK, Extent.Sort.DATA), new Extent(RARE, BLOCK, Extent.Sort.DATA));
        assertThat(log.opened()).isLessThanOrEqualTo(4);
        assertThat(log.bytes()).isLessThan(log.size() / 50);
        assertThat(layers.opened()).isLessThan(100);
    }

    @Test
    void blameReadsTheLogSegmentsThatTouchedTheRange() throws IOException {
        forget();
        var touches = reader.blame(RARE, BLOCK, reader.begin(), at(WRITES), 100);
        assertThat(touches.stream().map(Touch::number)).isEqualTo(List.of(3L * EVERY, 2L * EVERY, 1L * EVERY, 0L));
        // The segment at the end of the stretch, the three, and the first, which the disk was read in; and the next to
        // each, whose
        // header seals it.
        assertThat(log.opened()).isLessThanOrEqualTo(10);
        assertThat(layers.opened()).isLessThan(130);
    }

    @Test
    void blameOfWhatIsBusyEndsAtItsLimit() throws IOException {
        forget();
        assertThat(reader.blame(0, BLOCK, reader.begin(), at(WRITES), 5)).hasSize(5);
        assertThat(log.opened()).isLessThanOrEqualTo(4);
        assertThat(layers.opened()).isLessThan(20);
    }

    @Test
    void blameOfWhatNothingTouchedReadsOnlyTheBegin() throws IOException {
        var after = at(100);
        forget();
        assertThat(reader.blame(NEVER, BLOCK, after, at(WRITES), 5)).isEmpty();
        assertThat(log.opened()).isLessThanOrEqualTo(3);
        assertThat(layers.opened()).isLessThan(60);
    }
}
