// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.volume.MemoryVolume;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.cdp.write.WriterOptions;
import java.util.UUID;

/** Histories in memory, for tests. */
public final class Histories {
    /** Small segments, so that there are several. */
    public static final WriterOptions SMALL = WriterOptions.DEFAULT.withSegments(1 << 20, 32 << 10);

    private Histories() {}

    public static History inMemory(long capacity) {
        return new History("vda", new UUID(1, 2), capacity, new MemoryVolume(), new MemoryVolume(), new MemoryVolume());
    }

    public static HistoryWriter writer(History history) {
        return HistoryWriter.open(history, SMALL, () -> {});
    }

    public static MemoryVolume data(History history) {
        return (MemoryVolume) history.data();
    }

    public static MemoryVolume meta(History history) {
        return (MemoryVolume) history.meta();
    }
}
