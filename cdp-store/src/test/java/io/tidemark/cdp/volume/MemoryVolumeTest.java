// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

class MemoryVolumeTest extends StoreVolumeTest {
    private final MemoryVolume volume = new MemoryVolume();

    @Override
    protected StoreVolume volume() {
        return volume;
    }
}
