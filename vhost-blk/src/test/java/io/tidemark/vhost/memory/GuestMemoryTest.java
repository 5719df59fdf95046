// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.fixture.GuestRam;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class GuestMemoryTest {
    @Test
    void translatesToTheSameBytes() {
        try (GuestRam ram = new GuestRam(0x10_0000, 10_001)) {
            Region region = Region.map(0x10_0000, 10_001, 0x7000_0000L, 0, ram.fd());
            try (Mapping mapping = region.mapping()) {
                GuestMemory memory = GuestMemory.EMPTY.with(region);
                ram.at(0x10_0000 + 10_000, 1).set(ValueLayout.JAVA_BYTE, 0, (byte) 42);
                int found = memory.find(0x10_0000 + 10_000);
                assertThat(found).isZero();
                assertThat(memory.remaining(found, 0x10_0000 + 10_000)).isOne();
                assertThat(memory.hostAddress(found, 0x10_0000 + 10_000)).isEqualTo(mapping.address() + 10_000);
                MemorySegment user = memory.user(0x7000_0000L + 10_000, 1);
                assertThat(user.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 42);
                assertThat(memory.user(0x7000_0000L + 10_000, 2)).isNull();
                assertThat(memory.user(0x7000_0000L, -1)).isNull();
                assertThat(memory.find(0x10_0000 + 10_001)).isEqualTo(-1);
                assertThat(memory.find(0x10_0000 - 1)).isEqualTo(-1);
            }
        }
    }

    @Test
    void mapsAnOffsetThatIsNoMultipleOfAPage() {
        try (GuestRam ram = new GuestRam(0, 3 * 4096)) {
            ram.at(5000, 1).set(ValueLayout.JAVA_BYTE, 0, (byte) 7);
            try (Mapping mapping = Mapping.map(ram.fd(), 5000, 100)) {
                MemorySegment mapped =
                        MemorySegment.ofAddress(mapping.address()).reinterpret(100);
                assertThat(mapped.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
            }
        }
    }

    @Test
    void anyHintWillDo() {
        try (GuestRam ram = new GuestRam(0, 8192)) {
            GuestMemory memory = GuestMemory.EMPTY
                    .with(Region.map(0, 4096, 0, 0, ram.fd()))
                    .with(Region.map(4096, 4096, 4096, 4096, ram.fd()));
            for (int hint : new int[] {-1, 0, 1, 2, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
                assertThat(memory.find(4095, hint)).isZero();
                assertThat(memory.find(4096, hint)).isOne();
                assertThat(memory.find(8192, hint)).isEqualTo(-1);
            }
            memory.regions().forEach(region -> region.mapping().close());
        }
    }

    @Test
    void refusesWhatOverlapsOrWraps() {
        try (GuestRam ram = new GuestRam(0, 8192)) {
            Region region = Region.map(0x1000, 0x1000, 0, 0, ram.fd());
            GuestMemory memory = GuestMemory.EMPTY.with(region);
            for (long[] range : new long[][] {{0x1fff, 1}, {0x0, 0x1001}, {0x1000, 0x1000}, {0x800, 0x4000}}) {
                Region other = new Region(range[0], range[1], 0, 0, region.mapping());
                assertThatThrownBy(() -> memory.with(other))
                        .isInstanceOf(VhostException.class)
                        .hasMessageContaining("overlaps");
            }
            for (long[] hostile : new long[][] {
                {0, 0, 0, 0},
                {0, -1, 0, 0},
                {-1, 2, 0, 0},
                {0, 2, -1, 0},
                {0, 4096, 0, -4096},
                {0, Long.MAX_VALUE, 0, 4096}
            }) {
                assertThatThrownBy(() -> Region.map(hostile[0], hostile[1], hostile[2], hostile[3], ram.fd()))
                        .isInstanceOf(VhostException.class)
                        .hasMessageContaining("memory at 0x");
            }
            assertThatThrownBy(() -> Region.map(0, Long.MAX_VALUE, 0, 0, ram.fd()))
                    .isInstanceOf(VhostException.class);
            assertThatThrownBy(() -> Region.map(0, 4096, 0, 4097, ram.fd()))
                    .hasMessageContaining("8193 of a file of 8192");
            assertThatThrownBy(() -> Region.map(0, 4096, 0, 0, 1 << 20)).isInstanceOf(VhostException.class);
            region.mapping().close();
        }
    }
}
