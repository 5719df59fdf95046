// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.fuzz.GuardedGuest;
import io.tidemark.fuzz.Input;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A descriptor as a hostile driver writes it: sensible in most fields, most of the time, so that the walk gets far. The first
 * byte chooses, in three fields, how address, length and successor are made.
 */
record HostileDescriptor(long address, int length, int flags, int next) {
    /** Where headers, indirect tables and data lie, from the beginning of the guest's memory. */
    static final int HEADERS = 0x4000;

    static final int TABLES = 0x5000;
    static final int DATA = 0x6000;

    private static final int RAW_FLAGS = 0x80;

    static HostileDescriptor read(Input input, int index) {
        int kinds = input.u8();
        long address = GuardedGuest.GUEST + address(input, kinds & 7);
        int length = length(input, kinds >> 3 & 7);
        int flags = input.u8();
        return new HostileDescriptor(
                address,
                length,
                (flags & RAW_FLAGS) != 0 ? input.u16() : flags & 7,
                switch (kinds >> 6) {
                    case 0, 1 -> index + 1;
                    case 2 -> input.u8();
                    default -> input.u16();
                });
    }

    private static long address(Input input, int kind) {
        return switch (kind) {
            case 0 -> HEADERS + 64L * input.u8();
            case 1 -> DATA + input.u16() % (GuardedGuest.FIRST - DATA);
            case 2 -> GuardedGuest.FIRST - input.u8();
            case 3 -> GuardedGuest.FIRST + GuardedGuest.SECOND - input.u8();
            case 4 -> GuardedGuest.APART_AT - GuardedGuest.GUEST + input.u16();
            case 5 -> input.i64() - GuardedGuest.GUEST;
            case 6 -> input.u16();
            default -> TABLES + 16L * input.u8();
        };
    }

    private static int length(Input input, int kind) {
        return switch (kind) {
            case 0 -> 16;
            case 1 -> 1;
            case 2 -> 512 * input.u8();
            case 3 -> input.u16();
            case 4 -> input.i32();
            case 5 -> 16 * input.u8();
            case 6 -> 512;
            default -> 0;
        };
    }

    /** As it lies in a split ring's table. */
    byte[] split() {
        return ByteBuffer.allocate(VirtqDescriptor.SIZE)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(address)
                .putInt(length)
                .putShort((short) flags)
                .putShort((short) next)
                .array();
    }

    /** As it lies in a packed ring, or with no flags more in an indirect table; the successor stands for the buffer's id. */
    byte[] packed(int flagsMore) {
        return ByteBuffer.allocate(PackedDescriptor.SIZE)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(address)
                .putInt(length)
                .putShort((short) next)
                .putShort((short) (flags ^ flagsMore))
                .array();
    }
}
