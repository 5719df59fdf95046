// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A volume whose changes fail when a test wants it, always or now and then by a seed; and hang, until the test lets them go. What was not
 * synced is lost or torn by {@link MemoryVolume#crashed} of the volume below.
 */
public final class FaultyVolume extends ForwardingVolume {
    /** What happens to whoever changes something. */
    public enum Fault {
        NONE,
        /** "No space left", with nothing done. */
        NO_SPACE,
        /** "Input/output error", with nothing done. */
        IO,
        /** Likewise, but a part of an append is there. */
        SHORT,
        /** Waits until another fault is chosen. */
        HANG
    }

    private final StoreVolume below;
    private final Random random;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition chosen = lock.newCondition();
    private Fault fault = Fault.NONE;
    private double probability;
    private int waiting;

    public FaultyVolume(StoreVolume below, long seed) {
        super(below);
        this.below = below;
        this.random = new Random(seed);
    }

    /** From now on, with this probability for each change. Who hangs goes on. */
    public void choose(Fault next, double likely) {
        lock.lock();
        try {
            fault = next;
            probability = likely;
            chosen.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How many threads hang. */
    public int hanging() {
        lock.lock();
        try {
            return waiting;
        } finally {
            lock.unlock();
        }
    }

    /** @return SHORT or NONE; all else is thrown, or waited for */
    private Fault meet() throws IOException {
        lock.lock();
        try {
            if (fault == Fault.NONE || random.nextDouble() >= probability) {
                return Fault.NONE;
            }
            waiting++;
            while (fault == Fault.HANG) {
                chosen.awaitUninterruptibly();
            }
            waiting--;
            return switch (fault) {
                case NO_SPACE -> throw new IOException("No space left on device");
                case IO -> throw new IOException("Input/output error");
                case SHORT, HANG, NONE -> fault;
            };
        } finally {
            lock.unlock();
        }
    }

    private void change() throws IOException {
        if (meet() == Fault.SHORT) {
            throw new IOException("Input/output error");
        }
    }

    @Override
    public Segment create(String name) throws IOException {
        change();
        return new FaultySegment(below.create(name));
    }

    @Override
    public Segment reopen(String name) throws IOException {
        change();
        return new FaultySegment(below.reopen(name));
    }

    @Override
    public void delete(String name) throws IOException {
        change();
        below.delete(name);
    }

    private final class FaultySegment extends ForwardingSegment {
        private final Segment segment;

        FaultySegment(Segment segment) {
            super(segment);
            this.segment = segment;
        }

        @Override
        public void append(MemorySegment bytes) throws IOException {
            if (meet() == Fault.SHORT) {
                segment.append(bytes.asSlice(0, random.nextLong(bytes.byteSize() + 1)));
                throw new IOException("Input/output error");
            }
            segment.append(bytes);
        }

        @Override
        public void sync() throws IOException {
            change();
            segment.sync();
        }

        @Override
        public void truncate(long size) throws IOException {
            change();
            segment.truncate(size);
        }
    }
}
