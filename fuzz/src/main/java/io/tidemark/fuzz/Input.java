// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import java.util.Arrays;

/**
 * What a fuzzer wrote, read as numbers from the front, little endian; zeros when nothing is left. Plain enough to write
 * inputs by hand, and to replay them without the fuzzer.
 */
public final class Input {
    private final byte[] bytes;
    private int at;

    public Input(byte[] bytes) {
        this.bytes = bytes;
    }

    public boolean isEmpty() {
        return at >= bytes.length;
    }

    public int u8() {
        return at < bytes.length ? bytes[at++] & 0xff : 0;
    }

    public int u16() {
        return u8() | u8() << 8;
    }

    public int i32() {
        return u16() | u16() << 16;
    }

    public long i64() {
        return Integer.toUnsignedLong(i32()) | (long) i32() << 32;
    }

    public boolean bool() {
        return (u8() & 1) != 0;
    }

    /** From 0 up to the limit, which is at most 65536. */
    public int below(int limit) {
        return (limit <= 256 ? u8() : u16()) % limit;
    }

    /** One of them. */
    public long of(long... choices) {
        return choices[below(choices.length)];
    }

    /** One of them, or any number. */
    public long ofOrAny(long... choices) {
        int choice = below(choices.length + 1);
        return choice < choices.length ? choices[choice] : i64();
    }

    /** So many bytes, fewer where the input ends. */
    public byte[] bytes(int count) {
        int end = Math.min(bytes.length, at + count);
        byte[] part = Arrays.copyOfRange(bytes, Math.min(at, end), end);
        at = end;
        return part;
    }
}
