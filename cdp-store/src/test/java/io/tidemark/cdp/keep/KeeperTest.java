// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.volume.FaultyVolume;
import io.tidemark.cdp.volume.MemoryPlace;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is asked of a keeper whose store fails for a while. */
class KeeperTest {
    private static final Retention LITTLE = new Retention(
            new RetentionRules(List.of(new RetentionRule(3_600_000_000L, RetentionRule.EVERY_WRITE))),
            OptionalLong.of(1 << 20));

    private final History history = Histories.inMemory(1 << 20);
    private FaultyVolume layers;
    private Keeper keeper;

    @BeforeEach
    void aLeftoverThatCannotBeRemoved() throws IOException {
        var file = CatalogueFile.open(history, CatalogueFile.read(history).catalogue());
        file.publish(file.current());
        history.layers().create(History.segmentName(7)).close();
        layers = new FaultyVolume(history.layers(), 1);
        layers.choose(FaultyVolume.Fault.IO, 1);
        ((MemoryPlace) history.place()).with("layers", layers);
        keeper = new Keeper(history, 0, () -> 0, 0);
    }

    @AfterEach
    void close() {
        keeper.close();
    }

    private void awaitFailure() {
        while (keeper.failure().isEmpty()) {
            Thread.onSpinWait();
        }
    }

    @Test
    @Timeout(60)
    void whatWasAskedForIsDoneWhenTheStoreIsBack() {
        awaitFailure();
        var asked = CompletableFuture.runAsync(() -> keeper.retain(LITTLE));
        keeper.retainFromNowOn(LITTLE);
        assertThat(RetentionFile.read(history.place()).retention()).isEqualTo(Retention.KEEP_ALL);
        layers.choose(FaultyVolume.Fault.NONE, 0);
        asked.join();
        assertThat(keeper.retention()).isEqualTo(LITTLE);
        assertThat(keeper.failure()).isEmpty();
        assertThat(RetentionFile.read(history.place()).retention()).isEqualTo(LITTLE);
    }

    @Test
    @Timeout(60)
    void whatIsSetFromNowOnIsNotForgotten() {
        awaitFailure();
        layers.choose(FaultyVolume.Fault.HANG, 1);
        keeper.retainFromNowOn(LITTLE);
        while (layers.hanging() == 0) {
            Thread.onSpinWait();
        }
        layers.choose(FaultyVolume.Fault.IO, 1);
        while (layers.hanging() > 0) {
            Thread.onSpinWait();
        }
        layers.choose(FaultyVolume.Fault.NONE, 0);
        assertThat(keeper.retention()).isEqualTo(LITTLE);
    }

    /** Nobody waits for the answer of one that has ended. */
    @Test
    @Timeout(60)
    void whoAsksWhileItIsClosedIsToldAtOnce() {
        awaitFailure();
        var asked = CompletableFuture.runAsync(() -> keeper.retain(LITTLE));
        while (!keeper.isAsked()) {
            Thread.onSpinWait();
        }
        keeper.close();
        assertThatThrownBy(asked::join)
                .hasCauseInstanceOf(StoreException.class)
                .hasMessageContaining("is being closed");
        assertThatThrownBy(() -> keeper.retain(LITTLE)).hasMessageContaining("is being closed");
    }
}
