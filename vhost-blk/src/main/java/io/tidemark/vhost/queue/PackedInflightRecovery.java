// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** Reads what the backend before this one noted about a packed ring, and makes it good. Nothing in the memory is trusted. */
final class PackedInflightRecovery {
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;

    /** The first entries of the requests in flight, in the order in which they were taken. */
    final int[] requests;

    /** Up to where requests were given back. */
    final int usedPosition;

    /** Up to where they were taken: each one in flight has its descriptors between the two. */
    final int availPosition;

    /** What the next request is noted with. */
    final long nextCounter;

    /** The first free entry; the ring's size where none is free. */
    final int free;

    /** What follows each free entry. */
    final int[] next;

    /** The last entry of each request, and how many it has, by its first: the memory may change from now on. */
    final int[] last;

    final int[] counts;

    private PackedInflightRecovery(Reading reading, int[] requests, int usedPosition, int availPosition, long counter) {
        this.requests = requests;
        this.usedPosition = usedPosition;
        this.availPosition = availPosition;
        this.nextCounter = counter;
        this.free = reading.free;
        this.next = reading.next;
        this.last = reading.last;
        this.counts = reading.counts;
    }

    /**
     * @param ring the descriptor ring
     * @param usedPosition of the ring as the frontend tells it; believed only where nothing was noted yet, because a frontend
     *     can't find out where a packed ring was left
     * @throws BrokenRingException when the memory holds what no backend leaves
     */
    static PackedInflightRecovery of(MemorySegment memory, MemorySegment ring, int size, int usedPosition)
            throws BrokenRingException {
        boolean written = memory.get(U16, PackedInflightLayout.VERSION) == PackedInflightLayout.CURRENT;
        int descriptors = u16(memory, PackedInflightLayout.DESCRIPTORS);
        if (written
                && descriptors != size
                && IntStream.range(0, Math.min(size, descriptors)).anyMatch(entry -> isInFlight(memory, entry))) {
            throw new BrokenRingException(
                    "requests of a ring of " + descriptors + " are in flight, but the ring has " + size);
        }
        if (!written || descriptors != size) {
            format(memory, size, usedPosition);
        }
        settle(memory, ring, size);
        return new Reading(memory, size).read();
    }

    private static void format(MemorySegment memory, int size, int usedPosition) {
        SharedStore.release(memory, PackedInflightLayout.VERSION, (short) 0);
        for (int entry = 0; entry < size; entry++) {
            long state = PackedInflightLayout.state(entry);
            memory.set(ValueLayout.JAVA_BYTE, state + PackedInflightLayout.INFLIGHT, (byte) 0);
            memory.set(U16, state + PackedInflightLayout.NEXT, (short) (entry + 1));
        }
        memory.set(U16, PackedInflightLayout.DESCRIPTORS, (short) size);
        memory.set(ValueLayout.JAVA_INT, PackedInflightLayout.FREE_HEAD, 0);
        memory.set(
                ValueLayout.JAVA_LONG,
                PackedInflightLayout.USED,
                PackedInflightLayout.used(usedPosition, usedPosition));
        SharedStore.release(memory, PackedInflightLayout.VERSION, PackedInflightLayout.CURRENT);
    }

    /** A death while a batch was published: the driver has seen all of it, or nothing. */
    private static void settle(MemorySegment memory, MemorySegment ring, int size) throws BrokenRingException {
        long used = memory.get(ValueLayout.JAVA_LONG, PackedInflightLayout.USED);
        int position = place(PackedInflightLayout.position(used), size);
        int old = place(PackedInflightLayout.oldPosition(used), size);
        int heads = memory.get(ValueLayout.JAVA_INT, PackedInflightLayout.FREE_HEAD);
        if (position != old) {
            // The first descriptor's flags show the batch, so they tell whether it was shown.
            int flags = (short) SHORT.getAcquire(ring, flagsAt(RingPosition.index(old)));
            if (PackedDescriptor.isAvailable(flags, RingPosition.wrap(old))) {
                takeBack(ring, old, position, size);
                position = old;
                heads = twice(heads >>> 16);
            } else {
                heads = twice(heads & 0xffff);
            }
        } else {
            heads = twice(heads >>> 16);
        }
        memory.set(ValueLayout.JAVA_INT, PackedInflightLayout.FREE_HEAD, heads);
        memory.set(ValueLayout.JAVA_LONG, PackedInflightLayout.USED, PackedInflightLayout.used(position, position));
    }

    /** free_head and old_free_head alike. */
    private static int twice(int head) {
        return head | head << 16;
    }

    /** What was going to be shown must not be, when the first of it is given back anew: the driver would go on to it. */
    private static void takeBack(MemorySegment ring, int from, int to, int size) {
        for (int at = from; at != to; at = RingPosition.advance(at, 1, size)) {
            ring.set(U16, flagsAt(RingPosition.index(at)), (short) PackedDescriptor.available(RingPosition.wrap(at)));
        }
    }

    private static long flagsAt(int index) {
        return (long) index * PackedDescriptor.SIZE + PackedDescriptor.FLAGS;
    }

    private static int place(int position, int size) throws BrokenRingException {
        if (RingPosition.index(position) >= size) {
            throw broken("a used index of " + RingPosition.index(position) + " in a ring of " + size);
        }
        return position;
    }

    private static boolean isInFlight(MemorySegment memory, int entry) {
        return memory.get(ValueLayout.JAVA_BYTE, PackedInflightLayout.state(entry) + PackedInflightLayout.INFLIGHT)
                != 0;
    }

    private static int u16(MemorySegment memory, long at) {
        return Short.toUnsignedInt(memory.get(U16, at));
    }

    private static BrokenRingException broken(String what) {
        return new BrokenRingException("the record of requests in flight has " + what);
    }

    /** Follows the lists; no entry may be met twice. */
    private static final class Reading {
        private final MemorySegment memory;
        private final int size;
        private final int[] next;
        private final int[] last;
        private final int[] counts;
        private int free;
        private final BitSet met = new BitSet();

        Reading(MemorySegment memory, int size) {
            this.memory = memory;
            this.size = size;
            this.next = new int[size];
            this.last = new int[size];
            this.counts = new int[size];
        }

        PackedInflightRecovery read() throws BrokenRingException {
            free = u16(memory, PackedInflightLayout.FREE_HEAD);
            for (int entry = free; entry != size; entry = next[entry]) {
                meet(entry);
                next[entry] = u16(memory, PackedInflightLayout.state(entry) + PackedInflightLayout.NEXT);
                // Its request was given back, or was never quite taken.
                memory.set(
                        ValueLayout.JAVA_BYTE, PackedInflightLayout.state(entry) + PackedInflightLayout.INFLIGHT, (byte)
                                0);
            }
            List<Integer> requests = IntStream.range(0, size)
                    .filter(entry -> isInFlight(memory, entry))
                    .boxed()
                    .sorted((one, other) -> Long.compareUnsigned(counter(one), counter(other)))
                    .toList();
            int used = PackedInflightLayout.position(memory.get(ValueLayout.JAVA_LONG, PackedInflightLayout.USED));
            int avail = used;
            for (int request : requests) {
                avail = RingPosition.advance(avail, follow(request), size);
            }
            long nextCounter = requests.isEmpty() ? 0 : counter(requests.getLast()) + 1;
            int[] first = requests.stream().mapToInt(Integer::intValue).toArray();
            return new PackedInflightRecovery(this, first, place(used, size), avail, nextCounter);
        }

        /** @return how many descriptors the request has */
        private int follow(int request) throws BrokenRingException {
            int count = u16(memory, PackedInflightLayout.state(request) + PackedInflightLayout.COUNT);
            if (count < 1 || count > size) {
                throw broken("a request of " + count + " descriptors");
            }
            int entry = request;
            meet(entry);
            for (int i = 1; i < count; i++) {
                int follower = u16(memory, PackedInflightLayout.state(entry) + PackedInflightLayout.NEXT);
                next[entry] = follower;
                entry = follower;
                meet(entry);
            }
            last[request] = entry;
            counts[request] = count;
            return count;
        }

        private void meet(int entry) throws BrokenRingException {
            if (entry >= size) {
                throw broken("entry " + entry + " of " + size);
            }
            if (met.get(entry)) {
                throw broken("entry " + entry + " twice");
            }
            met.set(entry);
        }

        private long counter(int entry) {
            return memory.get(ValueLayout.JAVA_LONG, PackedInflightLayout.state(entry) + PackedInflightLayout.COUNTER);
        }
    }
}
