// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A history knows whose its last stretch was. */
class SessionTest {
    private static final int DISK = 1 << 20;

    private final History history = Histories.inMemory(DISK);
    private final MemorySegment sector = MemorySegment.ofArray(new byte[512]).fill((byte) 1);

    @Test
    void theNextWriterHearsOfTheLastSession() {
        try (var writer = Histories.writer(history)) {
            assertThat(writer.formerSession()).isZero();
            writer.session(77);
            writer.gapBegin(1, GapReason.START);
            writer.gapEnd(2);
        }
        try (var writer = Histories.writer(history)) {
            assertThat(writer.formerSession()).isEqualTo(77);
        }
    }

    @Test
    void alsoWhenAGapWasLeftOpen() {
        for (int session = 1; session <= 3; session++) {
            try (var writer = Histories.writer(history)) {
                assertThat(writer.formerSession()).isEqualTo(session - 1);
                writer.session(session);
                writer.gapBegin(session, session == 1 ? GapReason.START : GapReason.RESTART);
            }
        }
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.gaps()).hasSize(1);
        }
    }

    @Test
    void alsoWhenItsBeginningLiesManySegmentsBack() throws Exception {
        try (var writer = Histories.writer(
                history, Histories.SMALL.withSegments(64 << 10, 4096).withCommitInterval(Duration.ZERO))) {
            writer.session(-5);
            writer.gapBegin(1, GapReason.START);
            writer.gapEnd(2);
            for (int i = 0; i < 400; i++) {
                writer.write(i, 512L * (i % 8), sector);
                writer.commit();
                assertThat(writer.awaitDurable(i + 1, Duration.ofSeconds(10))).isTrue();
            }
        }
        assertThat(history.meta().list()).hasSizeGreaterThan(5);
        try (var writer = Histories.writer(history)) {
            assertThat(writer.formerSession()).isEqualTo(-5);
        }
    }

    @Test
    void onlyAGapInWhichAllWasReadMakesUpForDamage() throws Exception {
        try (var writer = Histories.writer(history)) {
            for (int i = 0; i < 3; i++) {
                writer.write(i, 0, sector);
                writer.commit();
                assertThat(writer.awaitDurable(i + 1, Duration.ofSeconds(10))).isTrue();
            }
        }
        var meta = Histories.meta(history);
        byte[] content = meta.content("00000001");
        content[64 + 64 + 20] ^= 1; // in the first batch's slot
        meta.replace("00000001", content);
        gap(false);
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.endsDamaged()).isTrue();
            assertThat(reader.gaps().getLast().isOpen()).isTrue();
        }
        gap(true);
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.endsDamaged()).isFalse();
            assertThat(reader.gaps().getLast().isOpen()).isFalse();
        }
    }

    private void gap(boolean whole) {
        try (var writer = Histories.writer(history)) {
            writer.gapBegin(10, GapReason.RESTART, whole);
            writer.syncZero(writer.position(), 0, DISK);
            writer.gapEnd(11);
        }
    }
}
