// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

/** Names and lengths are as everywhere; content is zeros. */
class NullVolumeTest extends StoreVolumeTest {
    private final NullVolume volume = new NullVolume();

    @Override
    protected StoreVolume volume() {
        return volume;
    }

    @Override
    protected byte[] kept(byte[] appended) {
        return new byte[appended.length];
    }
}
