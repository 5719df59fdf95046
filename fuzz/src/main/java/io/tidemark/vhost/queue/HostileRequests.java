// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.fuzz.CheckingImage;
import io.tidemark.fuzz.GuardedGuest;
import io.tidemark.fuzz.Input;
import io.tidemark.vhost.blk.BlkDiscardSegment;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Headers and discard segments as a hostile driver writes them. */
final class HostileRequests {
    private static final long SECTORS = CheckingImage.CAPACITY / 512;

    private HostileRequests() {}

    static void fill(Input input, GuardedGuest guest) {
        for (int i = input.below(16); i > 0; i--) {
            ByteBuffer header = little(BlkRequestHeader.SIZE);
            header.putInt((int) input.ofOrAny(
                    BlkRequestType.IN,
                    BlkRequestType.OUT,
                    BlkRequestType.FLUSH,
                    BlkRequestType.GET_ID,
                    BlkRequestType.DISCARD,
                    BlkRequestType.WRITE_ZEROES));
            header.putInt(0).putLong(sector(input));
            guest.write(GuardedGuest.GUEST + HostileDescriptor.HEADERS + 64L * input.u8(), header.array());
        }
        for (int i = input.below(4); i > 0; i--) {
            ByteBuffer segment = little(BlkDiscardSegment.SIZE);
            segment.putLong(sector(input)).putInt(input.bool() ? input.i32() : input.u8());
            segment.putInt((int) input.ofOrAny(0, 0, 1));
            guest.write(GuardedGuest.GUEST + HostileDescriptor.DATA + input.u16(), segment.array());
        }
    }

    private static long sector(Input input) {
        if (input.bool()) {
            return input.bool() ? input.u8() : SECTORS - input.u8();
        }
        return input.ofOrAny(SECTORS, -1, Long.MAX_VALUE, Long.MIN_VALUE / 512);
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
