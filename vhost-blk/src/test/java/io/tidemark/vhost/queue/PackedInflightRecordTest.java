// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** The memory, step by step, at the offsets of QueueRegionPacked and DescStatePacked (vhost-user.rst). */
class PackedInflightRecordTest {
    private static final int SIZE = 4;
    private static final int FREE_HEAD = 12;
    private static final int OLD_FREE_HEAD = 14;
    private static final int USED_IDX = 16;
    private static final int OLD_USED_IDX = 18;
    private static final int USED_WRAP = 20;
    private static final int OLD_USED_WRAP = 21;

    private final MemorySegment memory = Arena.ofAuto().allocate(32 + 32L * SIZE, 64);
    private final MemorySegment ring = Arena.ofAuto().allocate(16L * SIZE, 16);

    private int u16(long at) {
        return Short.toUnsignedInt(memory.get(ValueLayout.JAVA_SHORT, at));
    }

    private int u8(long at) {
        return memory.get(ValueLayout.JAVA_BYTE, at);
    }

    private static long entry(int index) {
        return 32 + 32L * index;
    }

    @Test
    void notesARequestFromItsTakingToItsEnd() throws BrokenRingException {
        int used = 3 | RingPosition.WRAP;
        PackedInflightRecord record =
                new PackedInflightRecord(memory, SIZE, PackedInflightRecovery.of(memory, ring, SIZE, used));
        assertThat(u16(8)).as("version").isEqualTo(1);
        assertThat(u16(10)).as("desc_num").isEqualTo(SIZE);
        assertThat(u16(USED_IDX)).isEqualTo(3);
        assertThat(u8(USED_WRAP)).isEqualTo(1);

        record.begin();
        record.descriptor(0x1122334455667788L, 0x99aabbcc, 3, 7);
        record.descriptor(0x1000, 1, 2, 7);
        assertThat(u16(OLD_FREE_HEAD)).as("it doesn't count yet").isZero();
        int first = record.taken();
        assertThat(first).isZero();
        assertThat(u8(entry(0))).as("inflight").isEqualTo(1);
        assertThat(u16(entry(0) + 4)).as("last").isEqualTo(1);
        assertThat(u16(entry(0) + 6)).as("num").isEqualTo(2);
        assertThat(u16(entry(0) + 16)).as("id").isEqualTo(7);
        assertThat(u16(entry(0) + 18)).as("flags").isEqualTo(3);
        assertThat(memory.get(ValueLayout.JAVA_INT, entry(0) + 20)).as("len").isEqualTo(0x99aabbcc);
        assertThat(memory.get(ValueLayout.JAVA_LONG, entry(0) + 24)).as("addr").isEqualTo(0x1122334455667788L);
        assertThat(u16(FREE_HEAD)).isEqualTo(2);
        assertThat(u16(OLD_FREE_HEAD)).isEqualTo(2);

        record.used(first);
        record.publishing(RingPosition.advance(used, 2, SIZE));
        assertThat(u16(entry(1) + 2)).as("next of the last").isEqualTo(2);
        assertThat(u16(FREE_HEAD)).isZero();
        assertThat(u16(OLD_FREE_HEAD)).isEqualTo(2);
        assertThat(u16(USED_IDX)).isEqualTo(1);
        assertThat(u8(USED_WRAP)).isZero();
        assertThat(u16(OLD_USED_IDX)).isEqualTo(3);
        assertThat(u8(OLD_USED_WRAP)).isEqualTo(1);
        assertThat(u8(entry(0))).as("still in flight").isEqualTo(1);

        record.published();
        assertThat(u8(entry(0))).isZero();
        assertThat(u16(OLD_FREE_HEAD)).isZero();
        assertThat(u16(OLD_USED_IDX)).isEqualTo(1);
        assertThat(u8(OLD_USED_WRAP)).isZero();
    }
}
