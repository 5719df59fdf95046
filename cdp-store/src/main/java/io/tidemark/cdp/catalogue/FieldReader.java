// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

import io.tidemark.cdp.format.Le;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Reads the fields of a catalogue, one after the other. What is out of bounds throws an IndexOutOfBoundsException or IllegalArgumentException. */
final class FieldReader {
    private final MemorySegment bytes;
    private long at;

    FieldReader(MemorySegment bytes, long at) {
        this.bytes = bytes;
        this.at = at;
    }

    int u32() {
        at += 4;
        return bytes.get(Le.U32, at - 4);
    }

    long u64() {
        at += 8;
        return bytes.get(Le.U64, at - 8);
    }

    boolean bool() {
        return bytes.get(Le.U8, at++) != 0;
    }

    String text() {
        int length = u32();
        var text = new byte[checked(length)];
        MemorySegment.copy(bytes, Le.U8, at, text, 0, length);
        at += length;
        return new String(text, StandardCharsets.UTF_8);
    }

    <T> List<T> list(Function<FieldReader, T> each) {
        int count = checked(u32());
        var list = new ArrayList<T>();
        for (int i = 0; i < count; i++) {
            list.add(each.apply(this));
        }
        return list;
    }

    /** Nothing has more elements or bytes than are left. */
    private int checked(int count) {
        if (count < 0 || count > bytes.byteSize() - at) {
            throw new IllegalArgumentException("a length of " + count);
        }
        return count;
    }

    void end() {
        if (at != bytes.byteSize()) {
            throw new IllegalArgumentException("bytes behind its end");
        }
    }
}
