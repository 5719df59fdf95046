// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.volume.StoreVolume;
import io.tidemark.cdp.volume.StoreVolumeTest;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;

/** Images are segments like any other. */
class RbdVolumeIT extends StoreVolumeTest {
    private final StorePlace place = Ceph.newStore().place();

    @BeforeEach
    void make() throws IOException {
        place.make("data");
    }

    @Override
    protected StoreVolume volume() {
        return place.volume("data");
    }
}
