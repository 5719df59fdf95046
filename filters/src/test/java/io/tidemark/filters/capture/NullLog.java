// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.disk.change.ChangeLog;
import java.lang.foreign.MemorySegment;

/** Takes everything and keeps a number. */
public class NullLog implements ChangeLog {
    protected volatile long position;

    @Override
    public long write(long time, long offset, MemorySegment data) {
        return ++position;
    }

    @Override
    public long zero(long time, long offset, long length) {
        return ++position;
    }

    @Override
    public long discard(long time, long offset, long length) {
        return ++position;
    }

    @Override
    public void flush(long time, long covered) {}

    @Override
    public long mark(long time, String name) {
        return position;
    }

    @Override
    public void gapBegin(long time, GapReason reason) {}

    @Override
    public void syncData(long at, long offset, MemorySegment data) {}

    @Override
    public void syncZero(long at, long offset, long length) {}

    @Override
    public void gapEnd(long time) {}

    @Override
    public long position() {
        return position;
    }

    @Override
    public void pause() {}
}
