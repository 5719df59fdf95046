// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.volume.StorePlaceTest;

/** A namespace of a pool is a place like any other. */
class RbdPlaceIT extends StorePlaceTest {
    private final StorePlace place = Ceph.newStore().place();

    @Override
    protected StorePlace place() {
        return place;
    }
}
