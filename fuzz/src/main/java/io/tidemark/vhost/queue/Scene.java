// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.fuzz.GuardedGuest;
import io.tidemark.fuzz.Input;
import java.lang.foreign.MemorySegment;

/** A ring as a hostile driver lays it out in guest memory: what the fuzz targets share, whatever the ring's format. */
interface Scene {
    /** Fills the guest's memory, which is zero. */
    void fill(Input input, GuardedGuest guest);

    /** Tells the guest's memory what the device may have written since. */
    void allow(GuardedGuest guest);

    /** The ring, with these descriptors and this memory for what is in flight, null for none. */
    Vring vring(int kickFd, int callFd, int errorFd, MemorySegment inflight);

    /** The heads that the driver offers. */
    int[] heads();
}
