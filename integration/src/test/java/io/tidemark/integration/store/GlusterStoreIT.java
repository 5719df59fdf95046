// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A history on GlusterFS. */
class GlusterStoreIT extends RemoteStoreTest {
    private final String name = Gluster.newName();

    @Test
    void recordsALoad() throws IOException {
        recordsALoad(store());
    }

    @Test
    void aBrickThatDiesAndComesBackIsSurvived() throws IOException {
        survives(
                store(),
                () -> Gluster.volume().killBrick(0),
                () -> Gluster.volume().startBrick(0));
    }

    @Test
    void twoHostsDontWriteOneHistory() {
        var here = Store.openOrCreate(store());
        var there = Store.open(Gluster.volume().other().resolve(name));
        try (var writer = here.write("vda", 1 << 20)) {
            assertThat(there.isWritten("vda")).isTrue();
            assertThatThrownBy(() -> there.write("vda", 1 << 20))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo(StoreException.Code.IN_USE));
            writer.zero(1, 0, 4096);
        }
        try (var writer = there.write("vda", 1 << 20)) {
            assertThat(writer.position()).isEqualTo(1);
        }
    }

    private Path store() {
        return Gluster.volume().mount().resolve(name);
    }
}
