// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tidemark.agent.history.HistoryReport.Interval;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.cdp.keep.RetentionRules;
import io.tidemark.cdp.write.WriterOptions;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is listed of a history that was thinned: of ten hours with a write every minute, the last two are kept whole. */
class HistoryListingTest {
    private static final long DISK = 1 << 20;
    private static final int BLOCK = 4096;
    private static final long MINUTE = 60_000_000;
    private static final int WRITES = 600;
    /** So few that most writes are written over before the next full hour. */
    private static final int PLACES = 16;
    /** The write that is marked, half an hour past a full one. */
    private static final int MARKED = 150;

    private final long end = Micros.of(Instant.now().truncatedTo(ChronoUnit.HOURS));

    @TempDir
    Path folder;

    private void write() throws InterruptedException {
        var options = WriterOptions.DEFAULT.withSegments(1 << 20, 2 << 10).withCommitInterval(Duration.ofMinutes(1));
        var random = new Random(1);
        byte[] content = new byte[BLOCK];
        try (var writer = Store.openOrCreate(folder).write("vda", DISK, options)) {
            long begin = end - WRITES * MINUTE;
            writer.gapBegin(begin, GapReason.START);
            writer.syncZero(0, 0, DISK);
            writer.gapEnd(begin);
            for (int number = 1; number <= WRITES; number++) {
                random.nextBytes(content);
                long at = begin + number * MINUTE;
                writer.write(at, random.nextLong(PLACES) * BLOCK, MemorySegment.ofArray(content));
                if (number % 10 == 0) {
                    writer.flush(at, number);
                    writer.commit();
                    assertThat(writer.awaitTold(writer.told(), Duration.ofMinutes(1)))
                            .isTrue();
                }
                if (number == MARKED) {
                    writer.mark(at, "before the update");
                }
            }
        }
    }

    private void thin() {
        try (var kept = Store.open(folder).keep("vda");
                var reader = Store.open(folder).read("vda")) {
            kept.keeper().lock(reader.marks().getFirst(), true);
        }
        try (var kept = Store.open(folder).keep("vda")) {
            kept.keeper().retain(new Retention(RetentionRules.parse("2h:write/24h:1h"), OptionalLong.empty()));
            assertThat(kept.keeper().round(0).putOff()).isEmpty();
        }
    }

    private HistoryReport report() {
        return new StoreHistories().history(StoreName.parse(folder.toString()), "vda");
    }

    @Test
    void aThinnedHistoryTellsHowFinelyItIsKept() throws InterruptedException {
        write();
        HistoryReport whole = report();
        assertThat(whole.intervals().stream().map(Interval::granularity)).containsExactly("write");
        assertThat(whole.intervals().getFirst().states()).isEqualTo(WRITES + 1);
        assertThat(whole.marks()).noneMatch(HistoryReport.Mark::locked);
        thin();
        HistoryReport thinned = report();
        List<Interval> intervals = thinned.intervals();
        assertThat(intervals.stream().map(Interval::granularity)).containsExactly("1h", "state", "1h", "write");
        assertThat(intervals.get(0).states()).isBetween(2L, 3L);
        assertThat(intervals.get(1).firstWrite()).isEqualTo(MARKED);
        assertThat(intervals.get(1).states()).isOne();
        assertThat(intervals.get(2).states()).isBetween(4L, 6L);
        assertThat(intervals.getLast().lastWrite()).isEqualTo(WRITES);
        assertThat(intervals.getLast().states()).isBetween(60L, 180L);
        for (int i = 1; i < intervals.size(); i++) {
            assertThat(intervals.get(i).from()).isAfter(intervals.get(i - 1).to());
        }
        assertThat(thinned.horizon())
                .isEqualTo(new HistoryReport.Horizon(
                        intervals.getFirst().firstWrite(), intervals.getFirst().from()));
        assertThat(thinned.marks())
                .containsExactly(new HistoryReport.Mark(
                        "before the update", MARKED, Micros.instant(end - (WRITES - MARKED) * MINUTE), true));
        assertThat(thinned.counts().flushes()).isEqualTo(WRITES / 10);
    }

    @Test
    void sizesAreWhatTheStoreHolds() throws InterruptedException {
        write();
        HistoryReport.Sizes whole = report().sizes();
        assertThat(whole.written()).isEqualTo((long) WRITES * BLOCK);
        assertThat(whole.stored()).isEqualTo(whole.data() + whole.metadata() + whole.index());
        // The index isn't bounded here: how often the keeper comes by between two commits is up to the scheduler.
        assertThat((double) (whole.data() + whole.metadata()) / whole.written()).isBetween(1.0, 1.05);
        assertThat(whole.ratio()).isCloseTo((double) whole.stored() / whole.written(), within(0.0005));
        thin();
        HistoryReport.Sizes thinned = report().sizes();
        assertThat(thinned.written()).isEqualTo(whole.written());
        assertThat(thinned.data()).isLessThan(whole.data());
        assertThat(thinned.ratio()).isCloseTo((double) thinned.stored() / thinned.written(), within(0.0005));
    }
}
