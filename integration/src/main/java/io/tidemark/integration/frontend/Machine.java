// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.frontend;

import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.GuestRam;
import java.util.ArrayList;
import java.util.List;

/**
 * What QEMU and its guest keep when the backend dies: memory, rings, and the record of requests in flight. Its owner closes it
 * when no backend is connected any more.
 */
public final class Machine implements AutoCloseable {
    /** Enough descriptors for the requests that a load has in flight. */
    private static final int RING_SIZE = 256;

    private static final long CONTROL = 0x10_0000;
    private static final long CONTROL_BYTES = 1 << 20;
    private static final long BUFFERS = 0x1000_0000;

    private final GuestRam control = new GuestRam(CONTROL, CONTROL_BYTES);
    private final BufferMemory buffers;
    private final List<DriverRing> rings = new ArrayList<>();
    private final InflightRecordMemory inflight = new InflightRecordMemory();

    /** @param bufferBytes how much memory requests have for their data */
    public Machine(int queues, long bufferBytes) {
        buffers = new BufferMemory(new GuestRam(BUFFERS, bufferBytes));
        for (int i = 0; i < queues; i++) {
            rings.add(new DriverRing(control, RING_SIZE, true));
        }
    }

    public List<DriverRing> rings() {
        return rings;
    }

    /** Memory that stays: rings, request headers, status bytes. */
    public GuestRam control() {
        return control;
    }

    public BufferMemory buffers() {
        return buffers;
    }

    InflightRecordMemory inflight() {
        return inflight;
    }

    /** All regions that a backend must know. */
    List<GuestRam> regions() {
        return List.of(control, buffers.current());
    }

    @Override
    public void close() {
        rings.forEach(DriverRing::close);
        inflight.close();
        buffers.current().close();
        control.close();
    }
}
