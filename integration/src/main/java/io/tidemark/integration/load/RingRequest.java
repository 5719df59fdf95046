// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import io.tidemark.integration.frontend.BufferRegion;
import io.tidemark.integration.process.LabException;
import io.tidemark.vhost.blk.BlkDiscardSegment;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.GuestRam;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** One request at a time, with places in guest memory of its own: header, status, range, and room for data in any region. */
final class RingRequest {
    static final int MOST_BLOCKS = 16;
    static final long DATA_BYTES = (long) MOST_BLOCKS * Block.SIZE;

    private static final byte UNTOUCHED = (byte) 0xff;
    private static final int SECTOR = 512;

    private final GuestRam control;
    private final int index;
    private final long header;
    private final long status;
    private final long range;
    private final long[] readable = new long[MOST_BLOCKS];
    private BufferRegion region;
    private int type;
    private int first;
    private int count;

    /** @param index its place among all requests of the load */
    RingRequest(GuestRam control, int index) {
        this.control = control;
        this.index = index;
        this.header = control.allocate(BlkRequestHeader.SIZE, 16);
        this.status = control.allocate(1, 1);
        this.range = control.allocate(BlkDiscardSegment.SIZE, 8);
    }

    /** Takes its place; what is sent comes next. */
    void begin(int wanted, int firstBlock, int blocks, BufferRegion data) {
        type = wanted;
        first = firstBlock;
        count = blocks;
        region = data;
        control.at(status, 1).set(ValueLayout.JAVA_BYTE, 0, UNTOUCHED);
    }

    boolean changes() {
        return type == BlkRequestType.OUT || type == BlkRequestType.DISCARD || type == BlkRequestType.WRITE_ZEROES;
    }

    /** @param stamp of the first block of a write; the others' follow */
    int write(DriverRing ring, Content content, long stamp, int piece) {
        MemorySegment data = data();
        for (int i = 0; i < count; i++) {
            Block.fill(data, (long) i * Block.SIZE, stamp + i);
            content.begin(first + i, stamp + i);
        }
        putHeader(content.offset(first));
        return offer(ring, Buffer.split(List.of(Buffer.out(dataAddress(), count * Block.SIZE)), piece));
    }

    int read(DriverRing ring, Content content, int piece) {
        MemorySegment data = data();
        for (int i = 0; i < count; i++) {
            data.set(ValueLayout.JAVA_LONG_UNALIGNED, (long) i * Block.SIZE, -1L);
            readable[i] = content.readable(first + i);
        }
        putHeader(content.offset(first));
        return offer(ring, Buffer.split(List.of(Buffer.in(dataAddress(), count * Block.SIZE)), piece));
    }

    int zero(DriverRing ring, Content content, int flags) {
        for (int i = 0; i < count; i++) {
            content.begin(first + i, 0);
        }
        putHeader(0);
        int sectors = count * Block.SIZE / SECTOR;
        BlkDiscardSegment.put(
                control.at(range, BlkDiscardSegment.SIZE), 0, content.offset(first) / SECTOR, sectors, flags);
        return offer(ring, List.of(Buffer.out(range, BlkDiscardSegment.SIZE)));
    }

    int flush(DriverRing ring) {
        putHeader(0);
        return offer(ring, List.of());
    }

    private void putHeader(long offset) {
        BlkRequestHeader.put(control.at(header, BlkRequestHeader.SIZE), 0, type, offset / SECTOR);
    }

    private int offer(DriverRing ring, List<Buffer> data) {
        List<Buffer> chain = new ArrayList<>();
        chain.add(Buffer.out(header, BlkRequestHeader.SIZE));
        chain.addAll(data);
        chain.add(Buffer.in(status, 1));
        return ring.offer(chain);
    }

    /** The device has given it back. Throws unless it was done, and a read has found what it must. */
    void end(Content content, int written) {
        byte said = control.at(status, 1).get(ValueLayout.JAVA_BYTE, 0);
        boolean read = type == BlkRequestType.IN;
        if (said != 0 || written != (read ? count * Block.SIZE + 1 : 1)) {
            throw new LabException("request of type %d at block %d, %d blocks: status %d, %d bytes written"
                    .formatted(type, first, count, said, written));
        }
        for (int i = 0; i < count; i++) {
            if (changes()) {
                content.end(first + i);
            } else if (read) {
                content.checkRead(first + i, readable[i], data(), (long) i * Block.SIZE);
            }
        }
        region.leave();
    }

    private long dataAddress() {
        return region.ram().guestAddress() + index * DATA_BYTES;
    }

    private MemorySegment data() {
        return region.ram().at(dataAddress(), DATA_BYTES);
    }
}
