// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * A place that a process sees until it dies: before a chosen one of its changes, counted over all places, files and volumes. From then on nothing
 * of it arrives.
 */
public final class CrashingPlace extends ForwardingPlace {
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
        super(place);
        this.place = place;
        this.countdown = countdown;
    }

    @Override
    public StorePlace in(String name) {
        return new CrashingPlace(place.in(name), countdown);
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

    private final class Volume extends ForwardingVolume {
        private final StoreVolume volume;

        Volume(StoreVolume volume) {
            super(volume);
            this.volume = volume;
        }

        @Override
        public Segment create(String name) throws IOException {
            countdown.change();
            return new Written(volume.create(name));
        }

        @Override
        public Segment reopen(String name) throws IOException {
            return new Written(volume.reopen(name));
        }

        @Override
        public void delete(String name) throws IOException {
            countdown.change();
            volume.delete(name);
        }
    }

    private final class Written extends ForwardingSegment {
        private final Segment segment;

        Written(Segment segment) {
            super(segment);
            this.segment = segment;
        }

        @Override
        public void append(MemorySegment bytes) throws IOException {
            countdown.change();
            segment.append(bytes);
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
    }
}
