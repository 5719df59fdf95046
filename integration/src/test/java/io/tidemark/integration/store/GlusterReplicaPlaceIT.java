// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import io.tidemark.integration.storage.GlusterLayers;
import io.tidemark.integration.storage.GlusterVolume;

/** Likewise on three bricks that hold the same, one of which forgets its locks. */
class GlusterReplicaPlaceIT extends GlusterPlaceIT {
    @Override
    GlusterVolume volume() {
        return Gluster.volume(GlusterLayers.REPLICA);
    }
}
