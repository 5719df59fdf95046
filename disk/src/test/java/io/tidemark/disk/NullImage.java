// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

/** An image that takes everything and does nothing: reads leave their buffers as they are. */
public final class NullImage implements Image {
    private final Geometry geometry;

    public NullImage(long capacity) {
        this.geometry = new Geometry(capacity, 512, 4096, false, capacity, capacity);
    }

    @Override
    public String name() {
        return "null:";
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public BlockDevice attach(Loop loop) {
        return request -> request.complete(0);
    }

    @Override
    public Extent extentAt(long offset) {
        return new Extent(offset, geometry.capacity() - offset, Extent.Sort.HOLE);
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
