// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.rbd;

import io.tidemark.cdp.volume.Segment;
import io.tidemark.cdp.volume.SegmentName;
import io.tidemark.cdp.volume.StoreVolume;
import io.tidemark.disk.rbd.Pool;
import io.tidemark.disk.rbd.RbdFeature;
import java.io.IOException;
import java.util.List;

/** Segments as images, named {@code tidemark.disks.DISK.VOLUME.SEGMENT}. */
final class RbdVolume implements StoreVolume {
    private final RbdPlace place;
    private final String prefix;

    RbdVolume(RbdPlace place, String name) {
        this.place = place;
        this.prefix = place.path() + "." + name + ".";
    }

    @Override
    public String name() {
        return place.store() + "/" + prefix.substring(0, prefix.length() - 1);
    }

    @Override
    public List<String> list() throws IOException {
        return use(pool -> pool.images().stream()
                .filter(image -> image.startsWith(prefix))
                .map(image -> image.substring(prefix.length()))
                .filter(SegmentName::isValid)
                .sorted()
                .toList());
    }

    @Override
    public Segment create(String name) throws IOException {
        var image = image(name);
        return use(pool -> {
            pool.create(image, RbdSegment.FIRST_SIZE, RbdFeature.LAYERING);
            return RbdSegment.created(place.connection(), image);
        });
    }

    @Override
    public Segment open(String name) throws IOException {
        return RbdSegment.read(place.connection(), image(name));
    }

    @Override
    public Segment reopen(String name) throws IOException {
        return RbdSegment.written(place.connection(), image(name));
    }

    /** An image that is opened anew has no cache. */
    @Override
    public void dropCache(String name) {}

    @Override
    public void delete(String name) throws IOException {
        var image = image(name);
        use(pool -> {
            pool.remove(image);
            return pool;
        });
    }

    @Override
    public void close() {}

    private String image(String segment) {
        return prefix + SegmentName.checked(segment);
    }

    /** One use of the pool. */
    private interface Use<T> {
        T of(Pool pool) throws IOException;
    }

    private <T> T use(Use<T> use) throws IOException {
        var connection = place.connection();
        var pool = connection.enter();
        try {
            return use.of(pool);
        } finally {
            connection.leave();
        }
    }
}
