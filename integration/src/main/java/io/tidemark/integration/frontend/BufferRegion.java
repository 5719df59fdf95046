// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.frontend;

import io.tidemark.vhost.fixture.GuestRam;
import java.util.concurrent.atomic.AtomicInteger;

/** A region of guest memory in which requests have their data, and how many of them are in flight. */
public final class BufferRegion {
    private final GuestRam ram;
    private final AtomicInteger users = new AtomicInteger();

    BufferRegion(GuestRam ram) {
        this.ram = ram;
    }

    public GuestRam ram() {
        return ram;
    }

    void enter() {
        users.incrementAndGet();
    }

    /** The request that was given this region has ended. */
    public void leave() {
        users.decrementAndGet();
    }

    boolean isFree() {
        return users.get() == 0;
    }
}
