// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.disk.Filter;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Puts filters before a disk's image while the guest runs. */
@FunctionalInterface
public interface FilterSwitch {
    /**
     * Sends all new requests of all loops through these filters, the first next to the guest. Answers when no request is on
     * the way through the old ones any more.
     */
    CompletableFuture<Void> filters(List<Filter> filters);
}
