// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.History;
import io.tidemark.cdp.volume.Lease;
import java.io.IOException;

/** How a writer comes to its history, again and again: what is open when the store fails is given back, and opened anew. */
@FunctionalInterface
public interface HistorySource {
    /**
     * A history to be written.
     *
     * @param lease given back by the writer
     */
    record Opened(History history, Lease lease) {}

    /**
     * By the store thread; may take as long as the store takes.
     *
     * @throws io.tidemark.cdp.StoreException if it can't be opened
     */
    Opened open() throws IOException;
}
