// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.format.Micros;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What salvage looks at when it isn't told. */
class StoreSalvageTest {
    private static final int DISK = 1 << 20;

    @TempDir
    Path folder;

    /** Behind a pause the same number means what was read at its end. */
    @Test
    void theLastPointOfEachIntervalIsLookedAt() {
        long begin = Micros.of(Instant.now()) - 1_000_000;
        try (var writer = Store.openOrCreate(folder).write("vda", DISK)) {
            writer.gapBegin(begin, GapReason.START);
            writer.syncZero(0, 0, DISK);
            writer.gapEnd(begin);
            writer.write(begin + 10, 0, MemorySegment.ofArray(new byte[8192]).fill((byte) 1));
            writer.gapBegin(begin + 20, GapReason.PAUSED, false);
            writer.syncZero(1, 0, 4096);
            writer.gapEnd(begin + 30);
            writer.gapBegin(begin + 40, GapReason.PAUSED, false);
            writer.syncZero(1, 4096, 4096);
            writer.gapEnd(begin + 50);
        }
        var report = StoreSalvage.salvage(StoreName.parse(folder.toString()), "vda", List.of(), Progress.NONE);
        assertThat(report.points()).extracting(SalvageReport.AtPoint::bytes).containsExactly(8192L, 4096L, 0L);
    }
}
