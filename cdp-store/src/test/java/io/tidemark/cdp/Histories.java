// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.volume.Lease;
import io.tidemark.cdp.volume.MemoryPlace;
import io.tidemark.cdp.volume.MemoryVolume;
import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.volume.StoreVolume;
import io.tidemark.cdp.write.HistorySource;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.cdp.write.WriterOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** Histories in memory, for tests. */
public final class Histories {
    /** Small segments, so that there are several. */
    public static final WriterOptions SMALL = WriterOptions.DEFAULT
            .withSegments(1 << 20, 32 << 10)
            .withOutbox(4 << 20)
            .withPatience(Duration.ofSeconds(2));

    private Histories() {}

    public static History inMemory(long capacity) {
        var place = new MemoryPlace();
        place.make("data", "meta", "packed", "layers");
        return new History("vda", new UUID(1, 2), capacity, place);
    }

    /** The same history with other data and metadata. */
    public static History with(History history, StoreVolume data, StoreVolume meta) {
        var place = ((MemoryPlace) history.place()).copy(volume -> volume);
        return new History(
                history.disk(),
                history.id(),
                history.capacity(),
                place.with("data", data).with("meta", meta));
    }

    public static HistoryWriter writer(History history) {
        return writer(history, SMALL);
    }

    public static HistoryWriter writer(History history, WriterOptions options) {
        return HistoryWriter.open(source(history), options, Optional.empty());
    }

    /** A history that is always to be had. */
    public static HistorySource source(History history) {
        return () -> new HistorySource.Opened(history, lease(history));
    }

    private static Lease lease(History history) {
        return new Lease() {
            @Override
            public StorePlace place() {
                return history.place();
            }

            @Override
            public void check() {}

            @Override
            public void close() {}
        };
    }

    /** One whose log segments hold a few dozen records. */
    public static HistoryWriter tinyWriter(History history) {
        return writer(history, SMALL.withSegments(1 << 20, 2 << 10).withCommitInterval(Duration.ZERO));
    }

    public static MemoryVolume data(History history) {
        return (MemoryVolume) history.data();
    }

    public static MemoryVolume meta(History history) {
        return (MemoryVolume) history.meta();
    }

    /** Has what was told until now be a batch of its own: waits until it is in the store. */
    public static void commit(HistoryWriter writer) {
        writer.commit();
        try {
            if (!writer.awaitTold(writer.told(), Duration.ofMinutes(1))) {
                throw new AssertionError("not in the store within a minute");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
