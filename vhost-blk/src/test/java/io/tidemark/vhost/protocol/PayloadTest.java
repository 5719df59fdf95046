// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Payloads by their bytes on a little-endian host. */
class PayloadTest {
    @Test
    void vringState() {
        MemorySegment payload = bytes("01000000 80000000");
        assertThat(VringState.index(payload)).isEqualTo(1);
        assertThat(VringState.num(payload)).isEqualTo(128);
        assertThat(hex(VringState.of(1, 128))).isEqualTo("0100000080000000");
    }

    @Test
    void vringAddress() {
        MemorySegment payload =
                bytes("02000000 00000000 1000000000000000 2000000000000000 3000000000000000 4000000000000000");
        assertThat(VringAddress.index(payload)).isEqualTo(2);
        assertThat(VringAddress.descriptors(payload)).isEqualTo(0x10);
        assertThat(VringAddress.used(payload)).isEqualTo(0x20);
        assertThat(VringAddress.available(payload)).isEqualTo(0x30);
        assertThat(payload.byteSize()).isEqualTo(VringAddress.SIZE);
    }

    @Test
    void regions() {
        String region = "0010000000000000 0020000000000000 0030000000000000 0040000000000000";
        MemorySegment single = bytes("0000000000000000" + region);
        assertThat(single.byteSize()).isEqualTo(SingleRegion.SIZE);
        MemorySegment table = bytes("02000000 00000000" + region + region);
        assertThat(RegionTable.count(table)).isEqualTo(2);
        assertThat(table.byteSize()).isEqualTo(RegionTable.region(2));
        for (MemorySegment payload : new MemorySegment[] {single, table}) {
            long at = payload.byteSize() - RegionDescription.SIZE;
            assertThat(RegionDescription.guestAddress(payload, at)).isEqualTo(0x1000);
            assertThat(RegionDescription.bytes(payload, at)).isEqualTo(0x2000);
            assertThat(RegionDescription.userAddress(payload, at)).isEqualTo(0x3000);
            assertThat(RegionDescription.mmapOffset(payload, at)).isEqualTo(0x4000);
        }
    }

    @Test
    void configAndNumbers() {
        MemorySegment config = bytes("20000000 01000000 00000000 01");
        assertThat(ConfigAccess.offset(config)).isEqualTo(32);
        assertThat(ConfigAccess.bytes(config)).isEqualTo(1);
        assertThat(hex(ConfigAccess.of(32, 0, new byte[] {1}))).isEqualTo(hex(config));
        assertThat(U64.get(bytes("0102030405060708"))).isEqualTo(0x0807060504030201L);
        assertThat(VringFd.index(0x103)).isEqualTo(3);
        assertThat(VringFd.hasFd(0x103)).isFalse();
        assertThat(VringFd.hasFd(0x003)).isTrue();
    }

    @Test
    void everyRequestIsFoundByItsNumber() {
        for (FrontendRequest request : FrontendRequest.values()) {
            assertThat(FrontendRequest.of(request.number())).isSameAs(request);
        }
        for (int number : new int[] {0, 7, 41, 63, 64, -1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThat(FrontendRequest.of(number)).isNull();
        }
        assertThat(FrontendRequest.SET_VRING_NUM.fits(7)).isFalse();
        assertThat(FrontendRequest.SET_VRING_NUM.fits(9)).isFalse();
    }

    private static MemorySegment bytes(String hex) {
        return MemorySegment.ofArray(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    private static String hex(MemorySegment segment) {
        return HexFormat.of().formatHex(segment.toArray(ValueLayout.JAVA_BYTE));
    }
}
