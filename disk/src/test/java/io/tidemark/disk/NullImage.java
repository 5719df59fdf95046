// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

/** An image that takes everything and does nothing: reads leave their buffers as they are. */
public final class NullImage extends FixedImage {
    public NullImage(long capacity) {
        super(capacity);
    }

    @Override
    public String name() {
        return "null:";
    }

    @Override
    public BlockDevice attach(Loop loop) {
        return request -> request.complete(0);
    }

    @Override
    public Extent extentAt(long offset) {
        return new Extent(offset, geometry().capacity() - offset, Extent.Sort.HOLE);
    }
}
