// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.tidemark.disk.IoVector;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.fixture.GuestRing;
import io.tidemark.vhost.fixture.PackedDriverRing;
import io.tidemark.vhost.memory.GuestMemory;
import io.tidemark.vhost.memory.Region;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** A packed ring whose backend dies between any two steps, again and again: the next does again what it must, in order. */
class PackedDeathsProperty {
    private static final long FEATURES = BlkFeatures.RING_PACKED | BlkFeatures.EVENT_IDX | BlkFeatures.VERSION_1;
    private static final long STEP = 16;

    /** A request as the device was given it. */
    private record Taken(Slot slot, long mark) {}

    private GuestRam ram;
    private Region region;
    private GuestMemory memory;
    private PackedDriverRing driver;
    private MemorySegment inflight;
    private Random random;
    private int size;

    /** What the driver waits for, in the order of its offers: each has a buffer at an address that nobody else has. */
    private final List<Long> offered = new ArrayList<>();

    private final List<Integer> ids = new ArrayList<>();
    private long nextMark;

    private PackedRing ring;
    private final List<Taken> taken = new ArrayList<>();
    private final List<Taken> used = new ArrayList<>();
    private int takenOfOffered;

    @Property(tries = 200)
    void afterEachDeathExactlyWhatTheDriverWaitsForIsDone(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 20) int ringSize) throws BrokenRingException {
        random = new Random(seed);
        size = ringSize;
        offered.clear();
        ids.clear();
        nextMark = 0;
        ram = new GuestRam(0x10_0000, 1 << 20);
        try (Arena arena = Arena.ofConfined()) {
            region = Region.map(ram.guestAddress(), ram.size(), ram.userAddress(), 0, ram.fd());
            memory = GuestMemory.EMPTY.with(region);
            driver = new PackedDriverRing(ram, size, true);
            inflight = arena.allocate(InflightLayout.stride(size, true), 64);
            for (int life = 0; life < 12; life++) {
                live();
            }
            drain();
        } finally {
            driver.close();
            region.mapping().close();
            ram.close();
        }
    }

    private void live() throws BrokenRingException {
        begin();
        for (int step = random.nextInt(40); step > 0; step--) {
            switch (random.nextInt(4)) {
                case 0 -> offer();
                case 1 -> takeOne();
                case 2 -> useOne();
                default -> publish();
            }
        }
        switch (random.nextInt(3)) {
            case 0 -> {}
            case 1 -> dieWhilePublishing();
            default -> dieWhileTaking();
        }
        collect();
    }

    /** The next backend: QEMU tells it a base that it can't know, and it must take what is in flight first, in order. */
    private void begin() throws BrokenRingException {
        ring = new PackedRing(setup(), memory);
        taken.clear();
        used.clear();
        int again = ring.toDoAgain();
        assertThat(again).isBetween(0, offered.size());
        takenOfOffered = 0;
        while (again-- > 0) {
            takeOne();
        }
    }

    private Vring setup() {
        return new Vring(
                size,
                driver.descriptorsUser(),
                driver.availUser(),
                driver.usedUser(),
                PackedDriverRing.freshBase(),
                -1,
                -1,
                -1,
                FEATURES,
                inflight);
    }

    private void offer() {
        int length = 1 + random.nextInt(Math.min(3, size));
        boolean indirect = random.nextInt(4) == 0;
        if (driver.room() < (indirect ? 1 : length) || ram.taken() > ram.size() - 4096) {
            return;
        }
        long mark = ram.guestAddress() + STEP * ++nextMark % (ram.size() - 4096);
        List<Buffer> chain = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            chain.add(i == 0 ? Buffer.out(mark, 1) : Buffer.in(mark + i, 1));
        }
        ids.add(indirect ? driver.offerIndirect(chain) : driver.offer(chain));
        offered.add(mark);
        driver.publish();
    }

    private void takeOne() throws BrokenRingException {
        if (!ring.hasNext()) {
            return;
        }
        Slot slot = new Slot(0, new IoVector(4));
        DescriptorChain chain = new DescriptorChain();
        ring.take(chain, slot, memory);
        long mark = chain.address(0) - region.mapping().address() + ram.guestAddress();
        assertThat(mark).as("the oldest that was not taken").isEqualTo(offered.get(takenOfOffered));
        assertThat(slot.head).isEqualTo(ids.get(takenOfOffered));
        takenOfOffered++;
        taken.add(new Taken(slot, mark));
    }

    private void useOne() {
        if (!taken.isEmpty()) {
            Taken one = taken.remove(random.nextInt(taken.size()));
            used.add(one);
            ring.use(one.slot(), 1);
        }
    }

    private void publish() {
        if (ring.hasUnpublished()) {
            ring.publish();
            used.clear();
            collect();
        }
    }

    /** The driver takes back all that it sees. */
    private void collect() {
        for (GuestRing.Used back = driver.take(0); back != null; back = driver.take(0)) {
            int place = ids.indexOf(back.head());
            assertThat(place).as("what came back was waited for").isNotNegative();
            ids.subList(place, place + 1).clear();
            offered.subList(place, place + 1).clear();
            takenOfOffered--;
        }
    }

    /** All stores of a publication up to one of them, in their order. */
    private void dieWhilePublishing() {
        if (!ring.hasUnpublished()) {
            return;
        }
        byte[] noted = bytes(inflight);
        byte[] shown = bytes(driver.descriptors());
        ring.publish();
        byte[] notedAfter = bytes(inflight);
        byte[] shownAfter = bytes(driver.descriptors());
        int first = firstOf(noted);
        List<Runnable> stores = new ArrayList<>();
        for (int entry = 0; entry < size; entry++) {
            stores.add(store(inflight, notedAfter, PackedInflightLayout.state(entry) + PackedInflightLayout.NEXT, 2));
        }
        stores.add(store(inflight, notedAfter, PackedInflightLayout.FREE_HEAD, 2));
        stores.add(() -> inflight.set(
                ValueLayout.JAVA_LONG,
                PackedInflightLayout.USED,
                PackedInflightLayout.used(
                        PackedInflightLayout.position(longOf(notedAfter)),
                        PackedInflightLayout.position(longOf(noted)))));
        for (int i = 0; i < size; i++) {
            if (i != first) {
                stores.add(store(driver.descriptors(), shownAfter, 16L * i + 14, 2));
            }
        }
        stores.add(store(driver.descriptors(), shownAfter, 16L * first + 14, 2));
        for (int entry = 0; entry < size; entry++) {
            stores.add(store(inflight, notedAfter, PackedInflightLayout.state(entry), 1));
        }
        stores.add(store(inflight, notedAfter, PackedInflightLayout.FREE_HEAD, 4));
        stores.add(store(inflight, notedAfter, PackedInflightLayout.USED, 8));
        rewind(noted, shown, stores);
    }

    /** All that taking does before the store that makes it count. */
    private void dieWhileTaking() throws BrokenRingException {
        if (ring.toDoAgain() > 0 || !ring.hasNext()) {
            return;
        }
        int heads = inflight.get(ValueLayout.JAVA_INT, PackedInflightLayout.FREE_HEAD);
        takeOne();
        inflight.set(ValueLayout.JAVA_INT, PackedInflightLayout.FREE_HEAD, heads);
    }

    private void rewind(byte[] noted, byte[] shown, List<Runnable> stores) {
        inflight.copyFrom(MemorySegment.ofArray(noted));
        driver.descriptors().copyFrom(MemorySegment.ofArray(shown));
        stores.subList(0, random.nextInt(stores.size() + 1)).forEach(Runnable::run);
    }

    private static Runnable store(MemorySegment to, byte[] from, long at, long bytes) {
        return () -> MemorySegment.copy(MemorySegment.ofArray(from), at, to, at, bytes);
    }

    private static byte[] bytes(MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    private static long longOf(byte[] noted) {
        return MemorySegment.ofArray(noted).get(ValueLayout.JAVA_LONG_UNALIGNED, PackedInflightLayout.USED);
    }

    private static int firstOf(byte[] noted) {
        return RingPosition.index(PackedInflightLayout.position(longOf(noted)));
    }

    private void drain() throws BrokenRingException {
        begin();
        while (ring.hasNext()) {
            takeOne();
        }
        taken.stream().sorted(Comparator.comparingLong(Taken::mark)).forEach(one -> ring.use(one.slot(), 1));
        if (ring.hasUnpublished()) {
            ring.publish();
        }
        collect();
        assertThat(offered).as("what never came back").isEmpty();
        assertThat(ring.base() & 0xffff).isEqualTo(ring.base() >>> 16);
    }

    @Property(tries = 500)
    void garbageIsRefusedOrServed(@ForAll long seed, @ForAll @IntRange(min = 1, max = 20) int ringSize) {
        Random bytes = new Random(seed);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment record = arena.allocate(InflightLayout.stride(ringSize, true), 64);
            MemorySegment descriptors = arena.allocate(16L * ringSize, 16);
            byte[] garbage = new byte[(int) record.byteSize()];
            bytes.nextBytes(garbage);
            record.copyFrom(MemorySegment.ofArray(garbage));
            record.set(ValueLayout.JAVA_SHORT, PackedInflightLayout.VERSION, PackedInflightLayout.CURRENT);
            record.set(ValueLayout.JAVA_SHORT, PackedInflightLayout.DESCRIPTORS, (short) ringSize);
            for (int entry = 0; entry < ringSize; entry++) {
                long state = PackedInflightLayout.state(entry);
                record.set(ValueLayout.JAVA_BYTE, state, (byte) bytes.nextInt(2));
                record.set(
                        ValueLayout.JAVA_SHORT, state + PackedInflightLayout.NEXT, (short) bytes.nextInt(ringSize + 2));
                record.set(ValueLayout.JAVA_SHORT, state + PackedInflightLayout.COUNT, (short) bytes.nextInt(4));
            }
            int free = bytes.nextInt(ringSize + 1);
            record.set(ValueLayout.JAVA_INT, PackedInflightLayout.FREE_HEAD, free | free << 16);
            int position = bytes.nextInt(ringSize + 1);
            record.set(ValueLayout.JAVA_LONG, PackedInflightLayout.USED, PackedInflightLayout.used(position, position));
            assertThatCode(() -> recover(record, descriptors, ringSize)).doesNotThrowAnyException();
        }
    }

    private static void recover(MemorySegment record, MemorySegment descriptors, int size) {
        try {
            PackedInflightRecovery recovered = PackedInflightRecovery.of(record, descriptors, size, 0);
            PackedInflightRecord noted = new PackedInflightRecord(record, size, recovered);
            for (int request : recovered.requests) {
                assertThat(request).isBetween(0, size - 1);
            }
            noted.begin();
            noted.descriptor(1, 2, 3, 4);
            noted.used(noted.taken());
            noted.publishing(RingPosition.advance(recovered.usedPosition, 1, size));
            noted.published();
        } catch (BrokenRingException e) {
            assertThat(e.getMessage()).containsAnyOf("in flight", "available");
        }
    }
}
