// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.disk.change.ChangeLog;
import io.tidemark.filters.MemoryLog;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/** A log that is written as ever, and kept in memory beside, from its opening on. */
final class TeeLog implements ChangeLog {
    final MemoryLog memory;
    final long before;
    private final ChangeLog real;

    TeeLog(ChangeLog real, byte[] base) {
        this.real = real;
        this.before = real.position();
        this.memory = new MemoryLog(base);
    }

    @Override
    public long write(long time, long offset, MemorySegment data) {
        memory.write(time, offset, data);
        return real.write(time, offset, data);
    }

    @Override
    public long zero(long time, long offset, long length) {
        memory.zero(time, offset, length);
        return real.zero(time, offset, length);
    }

    @Override
    public long discard(long time, long offset, long length) {
        memory.discard(time, offset, length);
        return real.discard(time, offset, length);
    }

    @Override
    public void flush(long time, long covered) {
        real.flush(time, covered);
    }

    @Override
    public long mark(long time, String name) {
        return real.mark(time, name);
    }

    @Override
    public void gapBegin(long time, GapReason reason) {
        gapBegin(time, reason, true);
    }

    @Override
    public void gapBegin(long time, GapReason reason, boolean whole) {
        memory.gapBegin(time, reason);
        real.gapBegin(time, reason, whole);
    }

    @Override
    public void syncData(long position, long offset, MemorySegment data) {
        memory.syncData(position - before, offset, data);
        real.syncData(position, offset, data);
    }

    @Override
    public void syncZero(long position, long offset, long length) {
        memory.syncZero(position - before, offset, length);
        real.syncZero(position, offset, length);
    }

    @Override
    public void gapEnd(long time) {
        memory.gapEnd(time);
        real.gapEnd(time);
    }

    @Override
    public long position() {
        return real.position();
    }

    @Override
    public long durable() {
        return real.durable();
    }

    @Override
    public long told() {
        return real.told();
    }

    @Override
    public boolean isDurable(long told) {
        return real.isDurable(told);
    }

    @Override
    public boolean awaitTold(long told, Duration limit) throws InterruptedException {
        return real.awaitTold(told, limit);
    }

    @Override
    public void commit() {
        real.commit();
    }

    @Override
    public void pause() {
        real.pause();
    }
}
