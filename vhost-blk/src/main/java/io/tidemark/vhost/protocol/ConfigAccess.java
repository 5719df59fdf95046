// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import java.lang.foreign.MemorySegment;

/** A part of the device's configuration space (vhost-user.rst, "Virtio device config space"). */
public final class ConfigAccess {
    public static final long OFFSET = 0;
    public static final long BYTES = 4;
    public static final long FLAGS = 8;
    public static final long DATA = 12;
    public static final int MIN_SIZE = 12;

    /** VHOST_USER_MAX_CONFIG_SIZE of the frontends. */
    public static final int MAX_BYTES = 256;

    public static final int MAX_SIZE = MIN_SIZE + MAX_BYTES;

    private ConfigAccess() {}

    public static int offset(MemorySegment payload) {
        return payload.get(Native.U32, OFFSET);
    }

    public static int bytes(MemorySegment payload) {
        return payload.get(Native.U32, BYTES);
    }

    public static MemorySegment of(int offset, int flags, byte[] data) {
        MemorySegment payload = MemorySegment.ofArray(new byte[MIN_SIZE + data.length]);
        payload.set(Native.U32, OFFSET, offset);
        payload.set(Native.U32, BYTES, data.length);
        payload.set(Native.U32, FLAGS, flags);
        MemorySegment.copy(MemorySegment.ofArray(data), 0, payload, DATA, data.length);
        return payload;
    }
}
