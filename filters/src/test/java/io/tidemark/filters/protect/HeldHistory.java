// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.disk.change.ChangeLog;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** What a history holds at its end, and which session was its last. All that it is told is durable at once; it can be copied at any time. */
final class HeldHistory {
    static final UUID ID = new UUID(1, 2);

    static final int BLOCK = 64 << 10;
    private static final byte[] ZEROS = new byte[BLOCK];

    private static final int SECTOR = 512;

    /** No session has the number of another one, of a copy neither. */
    private static final AtomicInteger SESSIONS = new AtomicInteger();

    /** Null where all is zero. One that others may see is not changed any more, but replaced. */
    private final byte[][] blocks;

    /** By sector: the last write that has changed it. */
    private final Map<Long, Long> changed = new HashMap<>();

    private final Consumer<String> after;
    private long position;
    private int session;

    /** @param after told of each call that has been obeyed, by whoever calls */
    HeldHistory(int capacity, Consumer<String> after) {
        this(new byte[capacity / BLOCK][], after);
    }

    private HeldHistory(byte[][] blocks, Consumer<String> after) {
        this.blocks = blocks;
        this.after = after;
    }

    synchronized HeldHistory copy() {
        HeldHistory copy = new HeldHistory(blocks.clone(), call -> {});
        copy.position = position;
        copy.session = session;
        return copy;
    }

    /** By blocks, null where all is zero; not to be changed. */
    synchronized byte[][] content() {
        return blocks.clone();
    }

    synchronized int session() {
        return session;
    }

    synchronized OpenLog open(Delivery delivery) {
        byte[][] base = blocks.clone();
        PriorContent prior = (offset, into) -> {
            for (long at = offset; at < offset + into.byteSize(); at += SECTOR) {
                byte[] block = base[(int) (at / BLOCK)];
                MemorySegment sector = into.asSlice(at - offset, SECTOR);
                if (block == null) {
                    sector.fill((byte) 0);
                } else {
                    MemorySegment.copy(block, (int) (at % BLOCK), sector, ValueLayout.JAVA_BYTE, 0, SECTOR);
                }
            }
            return true;
        };
        int number = SESSIONS.incrementAndGet();
        return new OpenLog(
                new Log(number),
                session == 0 ? Optional.empty() : Optional.of(prior),
                session == 0,
                new Session(ID, session, number),
                delivery,
                () -> {});
    }

    private synchronized long change(long offset, long length, MemorySegment data) {
        position++;
        for (long at = offset; at < offset + length; at += SECTOR) {
            put(at, data == null ? null : data.asSlice(at - offset, SECTOR));
            changed.put(at, position);
        }
        return position;
    }

    private synchronized void read(long position, long offset, long length, MemorySegment data) {
        for (long at = offset; at < offset + length; at += SECTOR) {
            if (changed.getOrDefault(at, 0L) <= position) {
                put(at, data == null ? null : data.asSlice(at - offset, SECTOR));
            }
        }
    }

    private void put(long offset, MemorySegment sector) {
        int block = (int) (offset / BLOCK);
        if (blocks[block] == null && sector == null) {
            return;
        }
        byte[] next = blocks[block] == null ? new byte[BLOCK] : blocks[block].clone();
        int at = (int) (offset % BLOCK);
        if (sector == null) {
            Arrays.fill(next, at, at + SECTOR, (byte) 0);
        } else {
            MemorySegment.copy(sector, ValueLayout.JAVA_BYTE, 0, next, at, SECTOR);
        }
        blocks[block] = Arrays.equals(next, ZEROS) ? null : next;
    }

    private synchronized void begin(int number) {
        session = number;
    }

    private final class Log implements ChangeLog {
        private final int number;

        Log(int number) {
            this.number = number;
        }

        @Override
        public long write(long time, long offset, MemorySegment data) {
            long at = change(offset, data.byteSize(), data);
            after.accept("a write");
            return at;
        }

        @Override
        public long zero(long time, long offset, long length) {
            long at = change(offset, length, null);
            after.accept("zeros");
            return at;
        }

        @Override
        public long discard(long time, long offset, long length) {
            return zero(time, offset, length);
        }

        @Override
        public void flush(long time, long covered) {}

        @Override
        public long mark(long time, String name) {
            return position();
        }

        /** Its first gap records the session. */
        @Override
        public void gapBegin(long time, GapReason reason) {
            begin(number);
            after.accept("a gap");
        }

        @Override
        public void syncData(long at, long offset, MemorySegment data) {
            read(at, offset, data.byteSize(), data);
            after.accept("content");
        }

        @Override
        public void syncZero(long at, long offset, long length) {
            read(at, offset, length, null);
            after.accept("zeros");
        }

        @Override
        public void gapEnd(long time) {
            after.accept("a gap's end");
        }

        @Override
        public long position() {
            synchronized (HeldHistory.this) {
                return position;
            }
        }

        @Override
        public void pause() {}
    }
}
