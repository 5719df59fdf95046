// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.disk.change.ChangeLog;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Passes on to a log, and remembers all that set content. */
final class Told implements ChangeLog {
    final List<Touch> touches = new ArrayList<>();
    final List<FlushPoint> flushes = new ArrayList<>();
    /** Called with each flush, at the time of it. */
    Consumer<FlushPoint> onFlush = _ -> {};

    private final ChangeLog log;

    private long time;

    Told(ChangeLog log) {
        this.log = log;
    }

    private long tick(long at) {
        time = Math.max(time, at);
        return time;
    }

    private long add(Touch.Sort sort, long number, long offset, long length) {
        touches.add(new Touch(number, time, sort, offset, length));
        return number;
    }

    private static boolean isZero(MemorySegment data) {
        return data.mismatch(MemorySegment.ofArray(new byte[(int) data.byteSize()])) < 0;
    }

    @Override
    public long write(long at, long offset, MemorySegment data) {
        tick(at);
        return add(
                isZero(data) ? Touch.Sort.ZERO : Touch.Sort.WRITE,
                log.write(at, offset, data),
                offset,
                data.byteSize());
    }

    @Override
    public long zero(long at, long offset, long length) {
        tick(at);
        return add(Touch.Sort.ZERO, log.zero(at, offset, length), offset, length);
    }

    @Override
    public long discard(long at, long offset, long length) {
        tick(at);
        return add(Touch.Sort.DISCARD, log.discard(at, offset, length), offset, length);
    }

    @Override
    public void flush(long at, long covered) {
        tick(at);
        log.flush(at, covered);
        flushes.add(new FlushPoint(covered, time));
        onFlush.accept(flushes.getLast());
    }

    @Override
    public long mark(long at, String name) {
        tick(at);
        return log.mark(at, name);
    }

    @Override
    public void gapBegin(long at, GapReason reason) {
        tick(at);
        log.gapBegin(at, reason);
    }

    @Override
    public void syncData(long position, long offset, MemorySegment data) {
        log.syncData(position, offset, data);
        add(isZero(data) ? Touch.Sort.READ_ZERO : Touch.Sort.READ, position, offset, data.byteSize());
    }

    @Override
    public void syncZero(long position, long offset, long length) {
        log.syncZero(position, offset, length);
        add(Touch.Sort.READ_ZERO, position, offset, length);
    }

    @Override
    public void gapEnd(long at) {
        tick(at);
        log.gapEnd(at);
    }

    @Override
    public long position() {
        return log.position();
    }

    @Override
    public void pause() {
        log.pause();
    }
}
