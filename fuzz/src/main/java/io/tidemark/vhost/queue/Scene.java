// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.fuzz.GuardedGuest;
import io.tidemark.fuzz.Input;
import java.lang.foreign.MemorySegment;

/** A ring as a hostile driver lays it out in guest memory: what the fuzz targets share, whatever the ring's format. */
sealed interface Scene permits SplitScene, PackedScene {
    /** Fills the guest's memory, which is zero. */
    void fill(Input input, GuardedGuest guest);

    /** What the record says of requests in flight can be done again, too. Called after {@link #fill}. */
    void fillRecord(Input input, MemorySegment record);

    /** Some bytes of the record get any value, before the device looks or afterwards. */
    void scribble(Input input, MemorySegment record);

    /** Tells the guest's memory what the device may have written since. */
    void allow();

    /** The ring, with these descriptors and this memory for what is in flight, null for none. */
    Vring vring(int kickFd, int callFd, int errorFd, MemorySegment inflight);

    /** How many descriptors the ring has, 128 at the most. */
    int size();

    /** Where the device tells the guest of what it has done. */
    long usedAddress();

    /** Whether a device that has begun with the ring is done with it, as far as that can be seen. */
    boolean isServed(GuardedGuest guest);

    static long recordBytes(int size) {
        return Math.max(InflightLayout.stride(size, false), InflightLayout.stride(size, true));
    }
}
