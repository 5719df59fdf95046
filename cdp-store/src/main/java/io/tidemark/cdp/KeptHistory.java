// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.keep.Keeper;
import io.tidemark.cdp.read.MetaSegment;
import io.tidemark.cdp.volume.Lease;
import java.io.IOException;
import java.time.Instant;

/** A history that is kept though nobody writes it. */
public record KeptHistory(History history, Keeper keeper, Lease lease) implements AutoCloseable {
    static KeptHistory open(History history, Lease lease) throws IOException {
        int complete = MetaSegment.lastSealed(history);
        return new KeptHistory(history, new Keeper(history, complete, () -> Micros.of(Instant.now()), 0), lease);
    }

    @Override
    public void close() {
        keeper.close();
        lease.close();
    }
}
