// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * A directory as the holder of a lease sees it. Before anything is changed, the lease is checked; and behind what makes things final, once
 * more: what a sync of a volume's segment or a replaced file has told to be done was done while the lease was held, so whoever takes
 * it next will find it. A volume for bulk data is synced before another one names what is in it: its syncs need no check.
 *
 * <p>A holder may lose the lease right behind a check, and act on it all the same. What that can be is harmless to the next one: a small file
 * that isn't there any more under its passing name gets no other; segments are written by who made them, and numbers given once, so
 * what is appended to one, made or deleted too late is nothing that the next one has made.
 */
final class LeasedPlace implements StorePlace {
    private final DirectoryPlace place;
    private final Lease lease;

    LeasedPlace(DirectoryPlace place, Lease lease) {
        this.place = place;
        this.lease = lease;
    }

    @Override
    public String name() {
        return place.name();
    }

    @Override
    public StorePlace in(String name) {
        return new LeasedPlace(place.in(name), lease);
    }

    @Override
    public List<String> places() throws IOException {
        return place.places();
    }

    @Override
    public void make(String... volumes) throws IOException {
        place.make(volumes);
    }

    @Override
    public List<String> files() throws IOException {
        return place.files();
    }

    @Override
    public boolean has(String file) throws IOException {
        return place.has(file);
    }

    @Override
    public byte[] read(String file) throws IOException {
        return place.read(file);
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
    public void removeUnfinished(InHand inHand) throws IOException {
        place.removeUnfinished(inHand);
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

    @Override
    public Optional<Lease> take(String name) throws IOException {
        return place.take(name);
    }

    @Override
    public boolean isTaken(String name) throws IOException {
        return place.isTaken(name);
    }

    private final class Volume implements StoreVolume {
        private final StoreVolume volume;
        private final boolean checked;

        Volume(StoreVolume volume, boolean checked) {
            this.volume = volume;
            this.checked = checked;
        }

        @Override
        public String name() {
            return volume.name();
        }

        @Override
        public List<String> list() throws IOException {
            return volume.list();
        }

        @Override
        public Segment create(String name) throws IOException {
            lease.check();
            return written(volume.create(name));
        }

        @Override
        public Segment open(String name) throws IOException {
            return volume.open(name);
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
        public void dropCache(String name) throws IOException {
            volume.dropCache(name);
        }

        @Override
        public void delete(String name) throws IOException {
            lease.check();
            volume.delete(name);
        }

        @Override
        public void close() {
            volume.close();
        }
    }

    private final class Checked implements Segment {
        private final Segment segment;

        Checked(Segment segment) {
            this.segment = segment;
        }

        @Override
        public long size() throws IOException {
            return segment.size();
        }

        @Override
        public void append(MemorySegment bytes) throws IOException {
            lease.check();
            segment.append(bytes);
        }

        @Override
        public void read(long at, MemorySegment into) throws IOException {
            segment.read(at, into);
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

        @Override
        public void close() throws IOException {
            segment.close();
        }
    }
}
