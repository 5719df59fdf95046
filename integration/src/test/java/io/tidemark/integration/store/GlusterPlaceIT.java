// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import io.tidemark.cdp.volume.DirectoryPlace;
import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.volume.StorePlaceTest;

/** A directory on GlusterFS is a place like any other, also seen from two hosts. */
class GlusterPlaceIT extends StorePlaceTest {
    private final String name = Gluster.newName();

    @Override
    protected StorePlace place() {
        return DirectoryPlace.at(Gluster.volume().mount().resolve(name));
    }

    @Override
    protected StorePlace again() {
        return DirectoryPlace.at(Gluster.volume().other().resolve(name));
    }
}
