// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import io.tidemark.cdp.volume.DirectoryPlace;
import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.volume.StoreVolume;
import io.tidemark.cdp.volume.StoreVolumeTest;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;

/** Files on GlusterFS, written past the page cache, are segments like any other. */
class GlusterVolumeIT extends StoreVolumeTest {
    private final StorePlace place = DirectoryPlace.at(Gluster.volume().mount().resolve(Gluster.newName()));

    @BeforeEach
    void make() throws IOException {
        place.make("data");
    }

    @Override
    protected StoreVolume volume() {
        return place.bulk("data");
    }
}
