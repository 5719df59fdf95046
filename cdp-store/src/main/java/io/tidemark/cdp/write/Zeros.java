// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** Tells whether content is all zeros; most that is not shows it in its first bytes. */
final class Zeros {
    private Zeros() {}

    static boolean isAllZero(MemorySegment data) {
        long size = data.byteSize();
        long at = 0;
        for (; at <= size - 64; at += 64) {
            long any = 0;
            for (int word = 0; word < 64; word += 8) {
                any |= data.get(JAVA_LONG_UNALIGNED, at + word);
            }
            if (any != 0) {
                return false;
            }
        }
        for (; at < size; at++) {
            if (data.get(JAVA_BYTE, at) != 0) {
                return false;
            }
        }
        return true;
    }
}
