// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import java.lang.foreign.MemorySegment;

/** Executes requests, or parts of them, on bytes in memory. */
final class MemoryContent {
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private MemoryContent() {}

    /** Executes the bytes {@code [from, to)} of the request, counted from the request's offset. */
    static int execute(MemorySegment content, Request request, long from, long to) {
        switch (request.kind()) {
            case FLUSH -> {}
            case DISCARD, WRITE_ZEROES ->
                content.asSlice(request.offset() + from, to - from).fill((byte) 0);
            case READ, WRITE -> copy(content, request, from, to);
        }
        return 0;
    }

    private static void copy(MemorySegment content, Request request, long from, long to) {
        long at = 0;
        IoVector data = request.data();
        for (int i = 0; i < data.count(); i++) {
            long start = Math.max(from, at);
            long end = Math.min(to, at + data.length(i));
            if (start < end) {
                long address = data.address(i) + (start - at);
                if (request.kind() == Request.Kind.WRITE) {
                    MemorySegment.copy(MEMORY, address, content, request.offset() + start, end - start);
                } else {
                    MemorySegment.copy(content, request.offset() + start, MEMORY, address, end - start);
                }
            }
            at += data.length(i);
        }
    }
}
