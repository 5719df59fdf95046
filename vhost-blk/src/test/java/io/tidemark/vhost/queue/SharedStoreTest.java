// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.vhost.fixture.GuestRam;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class SharedStoreTest {
    private static final long GUEST = 0x4000_0000L;

    @Test
    void aStoreIntoMemoryThatHasVanishedThrowsAndTheProcessLives() {
        try (GuestRam ram = new GuestRam(GUEST, 4096)) {
            MemorySegment memory = ram.at(GUEST, 4096);
            ram.shrink(0);
            assertThatThrownBy(() -> SharedStore.release(memory, 2, (short) 1)).isInstanceOf(InternalError.class);
            assertThatThrownBy(() -> SharedStore.release(memory, 1, (byte) 1)).isInstanceOf(InternalError.class);
        }
    }

    @Test
    void aStoreChangesItsBytesAndNoOthers() {
        MemorySegment memory = MemorySegment.ofArray(new long[1]);
        SharedStore.release(memory, 2, (short) 0x1234);
        SharedStore.release(memory, 5, (byte) 0x56);
        assertThat(memory.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(0x5600_1234_0000L);
    }
}
