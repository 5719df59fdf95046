// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.fuzz.Input;
import io.tidemark.vhost.memory.DirtyLog;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.MessageHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A message as a hostile frontend sends it: sensible in most fields, most of the time, so that the session gets far. */
record HostileMessage(byte[] bytes, int fds) {
    static final long GUEST = 0x4000_0000L;
    static final long USER = 0x7f00_0000_0000L;
    static final int RAM = 64 << 10;
    static final int AVAIL = 0x1000;
    static final int USED = 0x2000;

    /** A bit for each page up to the end of the memory, which has room for them. */
    static final int LOG_BYTES = (int) DirtyLog.bytesFor(GUEST + RAM);

    private static final int LONGEST = 512;

    static HostileMessage read(Input input) {
        int strange = input.u8();
        int number = input.u8();
        FrontendRequest request = FrontendRequest.of(number);
        ByteBuffer payload = ByteBuffer.allocate(LONGEST).order(ByteOrder.nativeOrder());
        int fds = 0;
        if (request == null) {
            payload.put(input.bytes(input.u8()));
        } else {
            fds = fill(request, input, payload);
        }
        if ((strange & 32) != 0) {
            payload.put(input.bytes(input.below(64)));
        }
        int size = (strange & 1) == 0 ? payload.position() : input.u8();
        int said = (strange & 2) == 0 ? size : input.i32();
        int flags = (strange & 4) == 0 ? MessageHeader.VERSION : MessageHeader.VERSION | MessageHeader.NEED_REPLY;
        ByteBuffer message = ByteBuffer.allocate(MessageHeader.SIZE + size).order(ByteOrder.nativeOrder());
        message.putInt(number).putInt((strange & 8) == 0 ? flags : input.u8()).putInt(said);
        message.put(payload.array(), 0, size);
        return new HostileMessage(message.array(), (strange & 16) == 0 ? fds : input.below(12));
    }

    /** @return how many descriptors go with it */
    private static int fill(FrontendRequest request, Input input, ByteBuffer to) {
        switch (request) {
            case SET_MEM_TABLE -> {
                int regions = input.below(10);
                to.putInt(regions).putInt(0);
                for (int i = 0; i < regions; i++) {
                    region(input, to);
                }
                return Math.min(regions, 8);
            }
            case ADD_MEM_REG, REM_MEM_REG -> {
                to.putLong(0);
                region(input, to);
                return 1;
            }
            case SET_VRING_ADDR -> {
                int choice = input.u8();
                to.putInt(Math.max(0, choice % 5 - 1)).putInt(choice >> 6 & 1);
                to.putLong(user(input, 0))
                        .putLong(user(input, USED))
                        .putLong(user(input, AVAIL))
                        .putLong(GUEST + USED);
            }
            case SET_VRING_NUM, SET_VRING_BASE, GET_VRING_BASE, SET_VRING_ENABLE ->
                to.putInt(ring(input)).putInt((int) input.ofOrAny(0, 1, 8, 1, 16, 0xffff));
            case SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR -> {
                long value = input.ofOrAny(0, 0, 1, 0x100, 0x101, 2);
                to.putLong(value);
                return (value & 0x100) == 0 ? 1 : 0;
            }
            case GET_CONFIG, SET_CONFIG -> {
                int bytes = (int) input.ofOrAny(60, 1, 4, 0, 256);
                to.putInt((int) input.ofOrAny(0, 32, 31, 59, 255)).putInt(bytes).putInt(0);
                to.put(input.bytes(Math.clamp(bytes, 0, 300)));
            }
            case SET_LOG_BASE -> {
                to.putLong(input.ofOrAny(LOG_BYTES, LOG_BYTES, 4096)).putLong(input.ofOrAny(0, 0, 4096, 8));
                return 1;
            }
            case GET_INFLIGHT_FD, SET_INFLIGHT_FD -> {
                to.putLong(input.ofOrAny(RAM, 4096, 0)).putLong(input.ofOrAny(0, 4096, 64));
                to.putShort((short) input.ofOrAny(1, 2, 0)).putShort((short) input.ofOrAny(8, 128, 0));
                return request == FrontendRequest.SET_INFLIGHT_FD ? 1 : 0;
            }
            case SET_FEATURES, SET_PROTOCOL_FEATURES, SET_STATUS ->
                to.putLong(input.ofOrAny(
                        0, 0x1_7000_7e46L, 0x1_b229L, 0x4000_0000L, -1, 0x5_7400_7e46L, 0x1_7400_7e46L, 0x1_b22bL));
            case SET_BACKEND_REQ_FD -> {
                return 1;
            }
            default -> {}
        }
        return 0;
    }

    private static int ring(Input input) {
        return (int) input.ofOrAny(0, 0, 1, 2);
    }

    private static long user(Input input, int usual) {
        return USER + (input.bool() ? input.u16() : input.ofOrAny(usual, usual, usual));
    }

    private static void region(Input input, ByteBuffer to) {
        to.putLong(GUEST + input.ofOrAny(0, 0, RAM, 4096));
        to.putLong(input.ofOrAny(RAM, RAM, 4096, 100, 0));
        to.putLong(USER + input.ofOrAny(0, 0, RAM, 4096));
        to.putLong(input.ofOrAny(0, 0, 0, 4096, 100));
    }
}
