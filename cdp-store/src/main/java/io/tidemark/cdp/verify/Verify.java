// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.verify;

import io.tidemark.cdp.History;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoredBytes;
import io.tidemark.cdp.read.Damage;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads everything that a store holds and checks every checksum. */
public final class Verify {
    private Verify() {}

    /** Checks all disks of a store. One that can't be read at all is reported, not thrown. */
    public static VerifyReport run(Store store, Progress progress) {
        var disks = new ArrayList<DiskReport>();
        for (var disk :
                Stream.concat(store.disks().stream(), store.nameless().stream()).toList()) {
            try {
                disks.add(run(store.history(disk), store.isWritten(disk), progress));
            } catch (StoreException e) {
                disks.add(unreadable(disk, store.name() + "/disks/" + disk, e));
            }
        }
        return new VerifyReport(disks);
    }

    /** Checks one history. */
    public static DiskReport run(History history, boolean running, Progress progress) {
        try (var reader = HistoryReader.open(history, running)) {
            var damage = new ArrayList<>(reader.damage());
            damage.addAll(reader.checkData(progress));
            var stored = StoredBytes.of(history);
            return new DiskReport(
                    history.disk(),
                    reader.records(),
                    stored.content() + stored.metadata(),
                    List.copyOf(damage),
                    reader.summary().coverage());
        } catch (StoreException e) {
            return unreadable(history.disk(), history.meta().name(), e);
        }
    }

    private static DiskReport unreadable(String disk, String where, StoreException e) {
        return new DiskReport(disk, 0, 0, List.of(new Damage(where, 0, e.getMessage(), 0, 0, false)), List.of());
    }
}
