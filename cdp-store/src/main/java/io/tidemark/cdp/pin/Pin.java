// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.pin;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.volume.Lease;
import io.tidemark.cdp.volume.StorePlace;
import java.io.IOException;

/**
 * A reader's sign: what it needs must stay. At first that is everything; {@link #narrow} says what it really is. Ends with
 * {@link #close}, or with the reader's process. May be used by any thread.
 */
public final class Pin implements AutoCloseable {
    /** Of a reader that can't write to the store, or for whom it has no room: nobody sees it, so what it needs may go. */
    public static final Pin NONE = new Pin(null, null, null);

    private final StorePlace place;
    private final String name;
    private final Lease lease;
    private boolean closed;

    Pin(StorePlace place, String name, Lease lease) {
        this.place = place;
        this.name = name;
        this.lease = lease;
    }

    /** Says what is needed from now on. On stable storage when this returns; if the store has no room for it, everything still is. */
    public synchronized void narrow(PinnedState state) {
        if (lease == null || closed) {
            return;
        }
        try {
            place.replace(name, state.bytes());
        } catch (IOException e) {
            var failed = StoreException.of("pin " + place.name() + "/" + name, e);
            if (failed.code() != Code.NO_SPACE) {
                throw failed;
            }
        }
    }

    /** Never throws: what can't be removed now, the keeper removes. */
    @Override
    public synchronized void close() {
        if (lease == null || closed) {
            return;
        }
        closed = true;
        try {
            Pins.remove(place, name);
        } catch (IOException _) {
            // Without its lease it is nobody's sign.
        }
        lease.close();
    }
}
