// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

import io.tidemark.cdp.format.Le;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Writes the fields of a catalogue, one after the other. */
final class FieldWriter {
    private byte[] content = new byte[4096];
    private MemorySegment bytes = MemorySegment.ofArray(content);
    private int at;

    FieldWriter(int at) {
        this.at = at;
    }

    private int room(int length) {
        if (at + length > content.length) {
            content = Arrays.copyOf(content, Math.max(2 * content.length, at + length));
            bytes = MemorySegment.ofArray(content);
        }
        at += length;
        return at - length;
    }

    void u32(int value) {
        int to = room(4);
        bytes.set(Le.U32, to, value);
    }

    void u64(long value) {
        int to = room(8);
        bytes.set(Le.U64, to, value);
    }

    void bool(boolean value) {
        int to = room(1);
        bytes.set(Le.U8, to, (byte) (value ? 1 : 0));
    }

    void text(String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        u32(encoded.length);
        int to = room(encoded.length);
        System.arraycopy(encoded, 0, content, to, encoded.length);
    }

    <T> void list(List<T> elements, Consumer<T> each) {
        u32(elements.size());
        elements.forEach(each);
    }

    byte[] bytes() {
        return Arrays.copyOf(content, at);
    }
}
