// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.filters.protect.Delivery;

/** What protection asks of a history's way to its store. */
record StoreDelivery(HistoryWriter writer) implements Delivery {
    @Override
    public boolean isFlowing() {
        return writer.outbox().isFlowing();
    }

    @Override
    public boolean isCaughtUp() {
        return writer.isCaughtUp();
    }

    @Override
    public boolean isInTrouble() {
        return writer.outbox().trouble();
    }

    @Override
    public void giveUp() {
        writer.giveUp();
    }
}
