// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.fixture.GuestRam;
import java.math.BigInteger;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;

class GuestMemoryProperty {
    private static final GuestRam RAM = new GuestRam(0, 4096);
    private static final Mapping MAPPING = Mapping.map(RAM.fd(), 0, 4096);

    @AfterContainer
    static void unmap() {
        MAPPING.close();
        RAM.close();
    }

    @Property(tries = 2000)
    void findsWhatArithmeticOnBigNumbersFinds(
            @ForAll @Size(max = 6) List<Long> starts,
            @ForAll @LongRange(min = 1) long size,
            @ForAll long address,
            @ForAll @LongRange(min = -2, max = 2) long nudge,
            @ForAll int hint) {
        GuestMemory memory = GuestMemory.EMPTY;
        for (long start : starts) {
            try {
                memory = memory.with(new Region(start, size, start, 0, MAPPING));
            } catch (VhostException refused) {
                // It overlaps or wraps.
            }
        }
        check(memory, address, hint);
        for (Region region : memory.regions()) {
            check(memory, region.guestAddress() + nudge, hint);
            check(memory, region.guestAddress() + region.size() + nudge, hint);
        }
    }

    private static void check(GuestMemory memory, long address, int hint) {
        int expected = -1;
        for (int i = 0; i < memory.regions().size(); i++) {
            Region region = memory.regions().get(i);
            BigInteger offset = unsigned(address).subtract(unsigned(region.guestAddress()));
            if (offset.signum() >= 0 && offset.compareTo(BigInteger.valueOf(region.size())) < 0) {
                expected = i;
            }
        }
        assertThat(memory.find(address)).isEqualTo(expected);
        assertThat(memory.find(address, hint)).isEqualTo(expected);
        if (expected >= 0) {
            Region region = memory.regions().get(expected);
            assertThat(memory.remaining(expected, address)).isBetween(1L, region.size());
            assertThat(memory.hostAddress(expected, address) - MAPPING.address())
                    .isEqualTo(region.size() - memory.remaining(expected, address));
            assertThat(memory.user(address, memory.remaining(expected, address)))
                    .isNotNull();
        }
    }

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }
}
