// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.History;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.keep.Keeper;
import io.tidemark.cdp.read.LostCatalogue;
import io.tidemark.cdp.volume.Lease;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** The writing ends of both volumes, the thread that keeps the history small, and the right to write. Belongs to the store thread. */
final class StoreEnds implements AutoCloseable {
    private final Lease lease;
    private final Tail tail;
    private final DataLog data;
    private final MetaLog meta;
    private final Keeper keeper;

    private StoreEnds(
            History history,
            CatalogueFile.Found catalogue,
            WriterOptions options,
            Lease lease,
            Tail tail,
            DataLog data,
            MetaLog meta) {
        this.lease = lease;
        this.tail = tail;
        this.data = data;
        this.meta = meta;
        this.keeper = new Keeper(
                history, Optional.of(catalogue), tail.sealed(), () -> Micros.of(Instant.now()), options.keeperRate());
        meta.onComplete(keeper::completed);
    }

    /** Opens a history behind its last valid batch; what follows that doesn't count. The lease is given back if this fails. */
    static StoreEnds open(HistorySource.Opened opened, WriterOptions options) throws IOException {
        return open(opened, options, Integer.MAX_VALUE, _ -> {});
    }

    /**
     * Likewise again, after a failure.
     *
     * @param known the last data segment that was not begun since the last commit
     * @param check throws if the history does not end where it should; then nothing is changed
     */
    static StoreEnds open(HistorySource.Opened opened, WriterOptions options, int known, Consumer<Tail> check)
            throws IOException {
        DataLog data = null;
        try {
            History history = opened.history();
            var end = Tail.find(history);
            var catalogue = LostCatalogue.read(history);
            var tail = end.behind(catalogue.catalogue().orElse(Catalogue.EMPTY));
            check.accept(tail);
            data = new DataLog(history, options.dataSegment(), tail, known);
            var meta = new MetaLog(history, options.metaSegment(), tail);
            return new StoreEnds(history, catalogue, options, opened.lease(), tail, data, meta);
        } catch (IOException | RuntimeException | Error e) {
            if (data != null) {
                release(data);
            }
            opened.lease().close();
            throw e;
        }
    }

    /** Where the history ended when it was opened. */
    Tail tail() {
        return tail;
    }

    DataLog data() {
        return data;
    }

    MetaLog meta() {
        return meta;
    }

    Keeper keeper() {
        return keeper;
    }

    Lease lease() {
        return lease;
    }

    @Override
    public void close() {
        release(data);
        release(meta);
        keeper.close();
        lease.close();
    }

    private static void release(AutoCloseable what) {
        try {
            what.close();
        } catch (Exception _) {
            // Nothing depends on it any more: all that counts was synced before.
        }
    }
}
