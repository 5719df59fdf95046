// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters;

import io.tidemark.disk.change.ChangeLog;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** A log in memory that checks how it is called and can be replayed. */
public final class MemoryLog implements ChangeLog {
    /** A change of a range; data is null where it becomes zero. */
    public record Change(long number, long time, long offset, long length, byte[] data) {}

    /** Content read at a position; data is null where it is zero. */
    public record Sync(long position, long offset, long length, byte[] data) {}

    public record Flush(long at, long covered) {}

    /** From a position to another; the end is -1 while the gap is open. */
    public record Gap(long from, long to, GapReason reason) {}

    public record Mark(long number, String name, boolean exact) {}

    public final List<Change> changes = new ArrayList<>();
    public final List<Sync> syncs = new ArrayList<>();
    public final List<Flush> flushes = new ArrayList<>();
    public final List<Gap> gaps = new ArrayList<>();
    public final List<Mark> marks = new ArrayList<>();
    public int pauses;

    private final byte[] base;
    private final Consumer<String> before;
    private Thread caller;
    private long lastTime;
    private boolean gapOpen;
    private volatile boolean saysWhole;

    /** @param base what the history holds before its first write */
    public MemoryLog(byte[] base) {
        this(base, call -> {});
    }

    /** @param before called before every call, with its name; may wait or throw */
    public MemoryLog(byte[] base, Consumer<String> before) {
        this.base = base;
        this.before = before;
    }

    private synchronized void called(String what, long time) {
        before.accept(what);
        if (caller == null) {
            caller = Thread.currentThread();
        }
        if (caller != Thread.currentThread()) {
            throw new AssertionError(what + " by " + Thread.currentThread() + " after " + caller);
        }
        if (time < lastTime) {
            throw new AssertionError(what + " goes back in time from " + lastTime + " to " + time);
        }
        lastTime = time;
    }

    @Override
    public long write(long time, long offset, MemorySegment data) {
        called("write", time);
        return add(time, offset, data.byteSize(), data.toArray(ValueLayout.JAVA_BYTE));
    }

    @Override
    public long zero(long time, long offset, long length) {
        called("zero", time);
        return add(time, offset, length, null);
    }

    @Override
    public long discard(long time, long offset, long length) {
        called("discard", time);
        return add(time, offset, length, null);
    }

    private long add(long time, long offset, long length, byte[] data) {
        changes.add(new Change(changes.size() + 1L, time, offset, length, data));
        return changes.size();
    }

    @Override
    public void flush(long time, long covered) {
        called("flush", time);
        flushes.add(new Flush(position(), covered));
    }

    @Override
    public long mark(long time, String name) {
        called("mark", time);
        marks.add(new Mark(position(), name, !gapOpen));
        return position();
    }

    /** Whether the last gap was said, when it began, to end with all of the disk read. */
    public boolean saysWhole() {
        return saysWhole;
    }

    @Override
    public void gapBegin(long time, GapReason reason, boolean whole) {
        if (!gapOpen) {
            saysWhole = whole;
        }
        gapBegin(time, reason);
    }

    @Override
    public void gapBegin(long time, GapReason reason) {
        called("gapBegin", time);
        if (!gapOpen) {
            gapOpen = true;
            gaps.add(new Gap(position(), -1, reason));
        }
    }

    @Override
    public void gapEnd(long time) {
        called("gapEnd", time);
        if (!gapOpen) {
            throw new AssertionError("no gap is open");
        }
        gapOpen = false;
        Gap gap = gaps.removeLast();
        gaps.add(new Gap(gap.from, position(), gap.reason));
    }

    @Override
    public void syncData(long position, long offset, MemorySegment data) {
        called("syncData", lastTime);
        sync(new Sync(position, offset, data.byteSize(), data.toArray(ValueLayout.JAVA_BYTE)));
    }

    @Override
    public void syncZero(long position, long offset, long length) {
        called("syncZero", lastTime);
        sync(new Sync(position, offset, length, null));
    }

    private void sync(Sync sync) {
        if (!gapOpen || sync.position > position()) {
            throw new AssertionError("sync at " + sync.position + " of " + position() + ", gap open: " + gapOpen);
        }
        syncs.add(sync);
    }

    @Override
    public long position() {
        return changes.size();
    }

    @Override
    public void pause() {
        called("pause", lastTime);
        pauses++;
    }

    /** The state at a write number. */
    public byte[] replay(long number) {
        byte[] state = base.clone();
        int next = 0;
        List<Sync> inOrder = new ArrayList<>(syncs);
        inOrder.sort((a, b) -> Long.compare(a.position, b.position)); // stable: calls at one position keep their order
        for (long n = 0; n <= number; n++) {
            if (n > 0) {
                Change change = changes.get((int) n - 1);
                apply(state, change.offset, change.length, change.data);
            }
            while (next < inOrder.size() && inOrder.get(next).position == n) {
                Sync sync = inOrder.get(next++);
                apply(state, sync.offset, sync.length, sync.data);
            }
        }
        return state;
    }

    private static void apply(byte[] state, long offset, long length, byte[] data) {
        if (data == null) {
            Arrays.fill(state, (int) offset, (int) (offset + length), (byte) 0);
        } else {
            System.arraycopy(data, 0, state, (int) offset, (int) length);
        }
    }
}
