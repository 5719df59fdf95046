// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.frontend;

import io.tidemark.integration.process.Await;
import io.tidemark.vhost.fixture.GuestRam;
import java.time.Duration;

/** Where new requests have their data. The region can be changed while requests are in flight; any thread may ask. */
public final class BufferMemory {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private volatile BufferRegion current;

    BufferMemory(GuestRam first) {
        current = new BufferRegion(first);
    }

    /** A region for a request, which leaves it when it has ended. */
    public BufferRegion enter() {
        while (true) {
            BufferRegion region = current;
            region.enter();
            // Whoever changes it afterwards sees us in it.
            if (region == current) {
                return region;
            }
            region.leave();
        }
    }

    GuestRam current() {
        return current.ram();
    }

    /** New requests use this region from now on. @return the former one, when no request uses it any more */
    GuestRam move(GuestRam to) {
        BufferRegion former = current;
        current = new BufferRegion(to);
        Await.until("a region that no request uses", PATIENCE, former::isFree);
        return former.ram();
    }
}
