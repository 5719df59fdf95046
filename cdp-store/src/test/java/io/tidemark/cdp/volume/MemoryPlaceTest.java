// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

class MemoryPlaceTest extends StorePlaceTest {
    private final MemoryPlace place = new MemoryPlace();

    @Override
    protected StorePlace place() {
        return place;
    }
}
