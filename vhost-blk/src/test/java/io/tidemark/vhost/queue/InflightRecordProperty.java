// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** A backend that dies between any two steps, again and again: what comes after it does again what it must, in order. */
class InflightRecordProperty {
    private static final int SIZE = 16;

    /** What the driver knows of its ring. */
    private final List<Integer> taken = new ArrayList<>();

    private final List<Integer> used = new ArrayList<>();
    private final Deque<Integer> free = new ArrayDeque<>();
    private int usedIndex;

    @Property(tries = 300)
    void afterEachDeathExactlyTheRequestsNotGivenBackAreDoneAgain(
            @ForAll long seed, @ForAll @IntRange(max = 0xffff) int firstIndex) throws BrokenRingException {
        Random random = new Random(seed);
        usedIndex = firstIndex;
        taken.clear();
        used.clear();
        free.clear();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(InflightLayout.stride(SIZE, false), 64);
            for (int head = 0; head < SIZE; head++) {
                free.add(head);
            }
            for (int life = 0; life < 20; life++) {
                InflightRecord record = new InflightRecord(memory, SIZE);
                assertThat(record.recover(usedIndex & 0xffff))
                        .containsExactly(
                                taken.stream().mapToInt(Integer::intValue).toArray());
                for (int step = random.nextInt(30); step > 0; step--) {
                    live(record, random);
                }
                dieAround(random);
            }
        }
    }

    private void live(InflightRecord record, Random random) {
        switch (random.nextInt(3)) {
            case 0 -> take(record, random);
            case 1 -> complete(record, random);
            default -> {
                publish();
                record.published(usedIndex & 0xffff);
            }
        }
    }

    private void take(InflightRecord record, Random random) {
        if (!free.isEmpty()) {
            for (int i = random.nextInt(free.size()); i > 0; i--) {
                free.add(free.remove());
            }
            int head = free.remove();
            record.taken(head);
            taken.add(head);
        }
    }

    private void complete(InflightRecord record, Random random) {
        List<Integer> pending = new ArrayList<>(taken);
        pending.removeAll(used);
        if (!pending.isEmpty()) {
            int head = pending.get(random.nextInt(pending.size()));
            record.used(head);
            used.add(head);
        }
    }

    private void publish() {
        usedIndex += used.size();
        free.addAll(used);
        taken.removeAll(used);
        used.clear();
    }

    /** What was used but not published dies with the backend; what was published but not noted doesn't. */
    private void dieAround(Random random) {
        if (random.nextBoolean()) {
            publish();
        }
        used.clear();
    }

    @Property(tries = 500)
    void garbageIsRefusedOrGivesHeadsOfTheRing(@ForAll long seed, @ForAll @IntRange(max = 0xffff) int index) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(InflightLayout.stride(SIZE, false), 64);
            byte[] garbage = new byte[(int) memory.byteSize()];
            Random random = new Random(seed);
            random.nextBytes(garbage);
            memory.copyFrom(MemorySegment.ofArray(garbage));
            memory.set(ValueLayout.JAVA_SHORT, InflightLayout.VERSION, InflightLayout.CURRENT);
            if (random.nextBoolean()) {
                memory.set(ValueLayout.JAVA_SHORT, InflightLayout.DESCRIPTORS, (short) SIZE);
            }
            if (random.nextBoolean()) {
                memory.set(ValueLayout.JAVA_SHORT, InflightLayout.USED_INDEX, (short) (index - random.nextInt(SIZE)));
            }
            assertThatCode(() -> {
                        InflightRecord record = new InflightRecord(memory, SIZE);
                        try {
                            for (int head : record.recover(index)) {
                                assertThat(head).isBetween(0, SIZE - 1);
                            }
                            record.taken(3);
                            record.used(3);
                            record.published(index + 1);
                        } catch (BrokenRingException e) {
                            assertThat(e).hasMessageContaining("in flight");
                        }
                    })
                    .doesNotThrowAnyException();
        }
    }
}
