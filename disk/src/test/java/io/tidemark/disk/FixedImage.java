// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

/** What images for tests have in common: a size that stays, and no lock. */
public abstract class FixedImage implements Image {
    private final Geometry geometry;

    protected FixedImage(long capacity) {
        this.geometry = new Geometry(capacity, 512, 4096, false, capacity, capacity);
    }

    @Override
    public final Geometry geometry() {
        return geometry;
    }

    @Override
    public void resize(long capacity) {
        throw new UnsupportedOperationException("it keeps its size");
    }

    @Override
    public void unlock() {}

    @Override
    public void lock() {}

    @Override
    public void close() {}
}
