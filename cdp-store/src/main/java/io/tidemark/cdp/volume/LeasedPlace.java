// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * A directory as the holder of a lease sees it. Before anything is changed, the lease is checked; and behind what makes things final, once
 * more: what a sync of a volume's segment or a replaced file has told to be done was done while the lease was held, so whoever takes
 * it next will find it. A volume for bulk data is synced before another one names what is in it: its syncs need no check.
 *
 * <p>A holder may lose the lease right behind a check, and act on it all the same. What that can be is harmless to the next one: a small file
 * that isn't there any more under its passing name gets no other; segments are written by who made them, and numbers given once, so
 * what is appended to one, made or deleted too late is nothing that the next one has made.
 */
final class LeasedPlace extends ForwardingPlace {
    private final DirectoryPlace place;
    private final Lease lease;

    LeasedPlace(DirectoryPlace place, Lease lease) {
        super(place);
        this.place = place;
        this.lease = lease;
    }

    @Override
    public StorePlace in(String name) {
        return new LeasedPlace(place.in(name), lease);
    }

    @Override
    public boolean create(String file, byte[] content) throws IOException {
        boolean made = place.create(file, content, lease::check);
        lease.check();
        return made;
    }

    @Override
    public void replace(String file, byte[] content) throws IOException {
        place.replace(file, content, lease::check);
        lease.check();
    }

    @Override
    public void delete(String file) throws IOException {
        lease.check();
        place.delete(file);
    }

    @Override
    public StoreVolume volume(String name) {
        return new Volume(place.volume(name), true);
    }

    @Override
    public StoreVolume bulk(String name) {
        return new Volume(place.bulk(name), false);
    }

    private final class Volume extends ForwardingVolume {
        private final StoreVolume volume;
        private final boolean checked;

        Volume(StoreVolume volume, boolean checked) {
            super(volume);
            this.volume = volume;
            this.checked = checked;
        }

        @Override
        public Segment create(String name) throws IOException {
            lease.check();
            return written(volume.create(name));
        }

        @Override
        public Segment reopen(String name) throws IOException {
            lease.check();
            return written(volume.reopen(name));
        }

        private Segment written(Segment segment) {
            return checked ? new Checked(segment) : segment;
        }

        @Override
        public void delete(String name) throws IOException {
            lease.check();
            volume.delete(name);
        }
    }

    private final class Checked extends ForwardingSegment {
        private final Segment segment;

        Checked(Segment segment) {
            super(segment);
            this.segment = segment;
        }

        @Override
        public void append(MemorySegment bytes) throws IOException {
            lease.check();
            segment.append(bytes);
        }

        @Override
        public void sync() throws IOException {
            segment.sync();
            lease.check();
        }

        @Override
        public void truncate(long size) throws IOException {
            lease.check();
            segment.truncate(size);
        }
    }
}
