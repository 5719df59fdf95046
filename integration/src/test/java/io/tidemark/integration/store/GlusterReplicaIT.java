// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.agent.status.ProtectionStatus.State;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.storage.GlusterLayers;
import io.tidemark.integration.storage.GlusterVolume;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A history on a GlusterFS volume of three bricks: one may die without a word. */
class GlusterReplicaIT extends RemoteStoreTest {
    private final String name = Gluster.newName();

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SINGLE")
    void aBrickThatDiesUnderLoadIsNoTroubleOfTheStore(GlusterLayers layers) throws IOException {
        GlusterVolume volume = Gluster.volume(layers);
        Path store = volume.mount().resolve(name);
        Path image = newImage();
        try (TidemarkAgent agent = protect(image, store)) {
            HistoryView.awaitProtected(store);
            loaded(agent, image, () -> volume.killBrick(1));
            agent.awaitCaughtUp();
            ProtectionStatus now = agent.status().protection();
            assertThat(now.state()).isEqualTo(State.PROTECTED);
            assertThat(now.spool()).isNull();
            isWhole(store, image);
            isWhole(volume.other().resolve(name), image);
            assertThat(agent.terminate()).isZero();
        } finally {
            volume.startBrick(1);
        }
        isWhole(store, image);
        assertThat(HistoryView.of(store).gapReasons()).containsExactly("start");
    }

    /** Without two of three nobody may write: a store that is gone, which the guest doesn't feel. */
    @Test
    void tooFewBricksAreSurvived() throws IOException {
        GlusterVolume volume = Gluster.volume(GlusterLayers.REPLICA);
        survives(
                volume.mount().resolve(name),
                () -> {
                    volume.killBrick(1);
                    volume.killBrick(2);
                },
                () -> {
                    volume.startBrick(1);
                    volume.startBrick(2);
                });
    }
}
