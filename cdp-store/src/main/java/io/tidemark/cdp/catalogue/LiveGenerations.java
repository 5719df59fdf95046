// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

import io.tidemark.cdp.History;
import io.tidemark.cdp.block.Generations;

/**
 * The generations as a reader's catalogue names them; where one of them is gone, as the present catalogue does: segments are packed
 * beside readers, and whatever a pinned state needs is in the next generation, too. May be used by any thread.
 *
 * @param catalogue the reader's
 */
public record LiveGenerations(History history, Catalogue catalogue) implements Generations {
    @Override
    public int of(int segment) {
        return catalogue.of(segment);
    }

    @Override
    public int after(int segment, int gone) {
        return CatalogueFile.read(history)
                .catalogue()
                .map(now -> now.of(segment))
                .orElse(gone);
    }
}
