// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.disk.change.ChangeLog;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.capture.LogTask;
import java.lang.foreign.MemorySegment;

/**
 * A stretch that was read, on its way to the log.
 *
 * @param position the write number at which its reading began
 * @param data its bytes, or null where it is all zero
 * @param after what to do when the log has it, or will never have it
 */
record SyncPiece(long position, long offset, long length, MemorySegment data, Runnable after) implements LogTask {
    @Override
    public void run(ChangeLog log, long time) {
        try {
            if (data == null) {
                log.syncZero(position, offset, length);
            } else {
                log.syncData(position, offset, data);
            }
        } finally {
            after.run();
        }
    }

    @Override
    public void dropped(FilterException why) {
        after.run();
    }
}
