// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * A place that a process sees until it dies: before a chosen one of its changes, counted over all places, files and volumes. From then on nothing
 * of it arrives.
 */
public final class CrashingPlace implements StorePlace {
    /** Counts the changes. */
    public static final class Countdown {
        private final int last;
        private int done;

        /** @param last how many changes arrive */
        public Countdown(int last) {
            this.last = last;
        }

        private synchronized void change() throws IOException {
            if (done == last) {
                throw new IOException("the process has died");
            }
            done++;
        }

        /** How many changes have arrived. */
        public synchronized int done() {
            return done;
        }
    }

    private final StorePlace place;
    private final Countdown countdown;

    public CrashingPlace(StorePlace place, Countdown countdown) {
        this.place = place;
        this.countdown = countdown;
    }

    @Override
    public String name() {
        return place.name();
    }

    @Override
    public StorePlace in(String name) {
        return new CrashingPlace(place.in(name), countdown);
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
        countdown.change();
        return place.create(file, content);
    }

    @Override
    public void replace(String file, byte[] content) throws IOException {
        countdown.change();
        place.replace(file, content);
    }

    @Override
    public void delete(String file) throws IOException {
        countdown.change();
        place.delete(file);
    }

    @Override
    public StoreVolume volume(String name) {
        return new Volume(place.volume(name));
    }

    @Override
    public StoreVolume bulk(String name) {
        return new Volume(place.bulk(name));
    }

    @Override
    public Optional<Lease> take(String lease) throws IOException {
        return place.take(lease);
    }

    @Override
    public boolean isTaken(String lease) throws IOException {
        return place.isTaken(lease);
    }

    private final class Volume implements StoreVolume {
        private final StoreVolume volume;

        Volume(StoreVolume volume) {
            this.volume = volume;
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
            countdown.change();
            return new Written(volume.create(name));
        }

        @Override
        public Segment open(String name) throws IOException {
            return volume.open(name);
        }

        @Override
        public Segment reopen(String name) throws IOException {
            return new Written(volume.reopen(name));
        }

        @Override
        public void dropCache(String name) throws IOException {
            volume.dropCache(name);
        }

        @Override
        public void delete(String name) throws IOException {
            countdown.change();
            volume.delete(name);
        }

        @Override
        public void close() {
            volume.close();
        }
    }

    private final class Written implements Segment {
        private final Segment segment;

        Written(Segment segment) {
            this.segment = segment;
        }

        @Override
        public long size() throws IOException {
            return segment.size();
        }

        @Override
        public void append(MemorySegment bytes) throws IOException {
            countdown.change();
            segment.append(bytes);
        }

        @Override
        public void read(long at, MemorySegment into) throws IOException {
            segment.read(at, into);
        }

        @Override
        public void sync() throws IOException {
            countdown.change();
            segment.sync();
        }

        @Override
        public void truncate(long size) throws IOException {
            countdown.change();
            segment.truncate(size);
        }

        @Override
        public void close() throws IOException {
            segment.close();
        }
    }
}
