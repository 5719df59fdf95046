// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.util.List;

/** Hands what changes nothing on to another volume. */
abstract class ForwardingVolume implements StoreVolume {
    private final StoreVolume to;

    ForwardingVolume(StoreVolume to) {
        this.to = to;
    }

    @Override
    public String name() {
        return to.name();
    }

    @Override
    public List<String> list() throws IOException {
        return to.list();
    }

    @Override
    public Segment open(String name) throws IOException {
        return to.open(name);
    }

    @Override
    public void dropCache(String name) throws IOException {
        to.dropCache(name);
    }

    @Override
    public void close() {
        to.close();
    }
}
