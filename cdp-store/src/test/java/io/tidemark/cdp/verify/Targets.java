// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.verify;

import io.tidemark.cdp.read.RestoreTarget;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/** Targets of restores that keep nothing. */
final class Targets {
    private Targets() {}

    /** Adds up how much is written to it. */
    static RestoreTarget counting(AtomicLong bytes) {
        return new RestoreTarget() {
            @Override
            public boolean isFresh() {
                return false;
            }

            @Override
            public void write(long offset, MemorySegment content) {
                bytes.addAndGet(content.byteSize());
            }

            @Override
            public void zero(long offset, long length) {}

            @Override
            public void flush() {}
        };
    }
}
