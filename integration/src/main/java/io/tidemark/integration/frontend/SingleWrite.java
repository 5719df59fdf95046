// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.frontend;

import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.GuestRam;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** One write of a machine's, for tests that look at nothing else. */
public final class SingleWrite {
    public static final int BYTES = 4096;

    private static final int SECTOR = 8;

    private SingleWrite() {}

    /** Offers a write on the machine's first ring. @return where its status will be; 0xff until then */
    public static MemorySegment offer(Machine machine) {
        GuestRam control = machine.control();
        long header = control.allocate(BlkRequestHeader.SIZE, 16);
        long status = control.allocate(1, 1);
        control.at(status, 1).set(ValueLayout.JAVA_BYTE, 0, (byte) 0xff);
        BlkRequestHeader.put(control.at(header, BlkRequestHeader.SIZE), 0, BlkRequestType.OUT, SECTOR);
        long data = machine.buffers().enter().ram().guestAddress();
        DriverRing ring = machine.rings().getFirst();
        ring.offer(List.of(Buffer.out(header, BlkRequestHeader.SIZE), Buffer.out(data, BYTES), Buffer.in(status, 1)));
        ring.publish();
        return control.at(status, 1);
    }
}
