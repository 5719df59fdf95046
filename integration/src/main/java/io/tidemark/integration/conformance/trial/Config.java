// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

import io.tidemark.vhost.blk.BlkConfig;
import io.tidemark.vhost.fixture.Frontend;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What a device says of itself (virtio 1.3, 5.2.4). */
public final class Config {
    /** All up to write_zeroes_may_unmap: what QEMU 7.2 asks for. Fields behind it belong to newer features. */
    public static final int BYTES = 57;

    private final ByteBuffer fields;

    private Config(byte[] bytes) {
        fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    public static Config of(Frontend frontend) {
        byte[] bytes = frontend.config(0, BYTES);
        Expect.that(bytes.length == BYTES, "GET_CONFIG of %d bytes gave %d", BYTES, bytes.length);
        return new Config(bytes);
    }

    /** In sectors of 512 bytes. */
    public long capacity() {
        return fields.getLong(BlkConfig.CAPACITY);
    }

    /** One of the 32-bit fields of {@link BlkConfig}. */
    public long u32(int field) {
        return Integer.toUnsignedLong(fields.getInt(field));
    }

    public int u16(int field) {
        return Short.toUnsignedInt(fields.getShort(field));
    }

    public int u8(int field) {
        return Byte.toUnsignedInt(fields.get(field));
    }

    public byte[] bytes() {
        return fields.array().clone();
    }
}
