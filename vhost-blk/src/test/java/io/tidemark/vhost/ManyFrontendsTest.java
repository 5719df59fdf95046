// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.fixture.OpenFds;
import io.tidemark.vhost.fixture.ServedDisk;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.MessageHeader;
import io.tidemark.vhost.protocol.ProtocolFeature;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringAddress;
import io.tidemark.vhost.protocol.VringState;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ManyFrontendsTest {
    @Test
    void aThousandInARow() {
        try (ServedDisk disk = new ServedDisk()) {
            int fds = OpenFds.count();
            for (int i = 0; i < 1000; i++) {
                try (Frontend frontend = Frontend.connect(disk.socket())) {
                    if (i % 10 == 0) {
                        frontend.negotiate(-1);
                        try (GuestRam ram = frontend.share(0, 1 << 16);
                                DriverRing ring = frontend.startRing(0, 64, ram)) {
                            assertThat(ring.size()).isEqualTo(64);
                        }
                    } else if (i % 2 == 0) {
                        assertThat(frontend.getU64(FrontendRequest.GET_FEATURES))
                                .isEqualTo(BlkFeatures.offered(ServedDisk.GEOMETRY));
                    }
                }
            }
            assertThat(OpenFds.await(() -> disk.server().status().connects() == 1000))
                    .isTrue();
            assertThat(disk.awaitIdle()).isTrue();
            assertThat(OpenFds.await(() -> OpenFds.count() == fds))
                    .as(() -> OpenFds.list().toString())
                    .isTrue();
            assertThat(OpenFds.mappings()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneThatVanishesAtAnyByteOfTheHandshake(boolean acknowledged) {
        try (ServedDisk disk = new ServedDisk();
                GuestRam ram = new GuestRam(0, 1 << 16)) {
            int fds = OpenFds.count();
            long mapped = OpenFds.mappings();
            byte[] handshake = handshake(ram, acknowledged);
            int region = regionAt(handshake);
            for (int length = 0; length <= handshake.length; length++) {
                try (Frontend frontend = Frontend.connect(disk.socket())) {
                    if (length > 0) {
                        frontend.raw(Arrays.copyOf(handshake, Math.min(length, region)));
                    }
                    if (length > region) {
                        frontend.raw(Arrays.copyOfRange(handshake, region, length), ram.fd());
                    }
                }
            }
            int connects = handshake.length + 1;
            assertThat(OpenFds.await(() -> disk.server().status().connects() == connects))
                    .isTrue();
            assertThat(disk.awaitIdle()).isTrue();
            if (!acknowledged) { // else the first answer finds nobody
                assertThat(disk.queue(0).told()).contains("start 64 at 0");
            }
            assertThat(disk.queue(0).started()).isFalse();
            assertThat(OpenFds.await(() -> OpenFds.count() == fds)).isTrue();
            assertThat(OpenFds.mappings()).isEqualTo(mapped);
        }
    }

    private static byte[] handshake(GuestRam ram, boolean acknowledged) {
        int flags = MessageHeader.VERSION | (acknowledged ? MessageHeader.NEED_REPLY : 0);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        put(bytes, flags, FrontendRequest.SET_PROTOCOL_FEATURES, U64.of(ProtocolFeature.OFFERED));
        put(bytes, flags, FrontendRequest.SET_FEATURES, U64.of(BlkFeatures.VERSION_1 | BlkFeatures.PROTOCOL_FEATURES));
        put(bytes, flags, FrontendRequest.SET_VRING_NUM, VringState.of(0, 64));
        long user = ram.userAddress();
        put(bytes, flags, FrontendRequest.SET_VRING_ADDR, VringAddress.of(0, user, user + 8192, user + 4096));
        put(bytes, flags, FrontendRequest.ADD_MEM_REG, ram.description());
        put(bytes, flags, FrontendRequest.SET_VRING_KICK, U64.of(0x100));
        put(bytes, flags, FrontendRequest.SET_VRING_ENABLE, VringState.of(0, 1));
        return bytes.toByteArray();
    }

    /** Where the message begins that comes with a descriptor. */
    private static int regionAt(byte[] handshake) {
        int afterIt = 2 * (MessageHeader.SIZE + 8);
        return handshake.length - afterIt - MessageHeader.SIZE - 40;
    }

    private static void put(ByteArrayOutputStream bytes, int flags, FrontendRequest request, MemorySegment payload) {
        ByteBuffer header = ByteBuffer.allocate(MessageHeader.SIZE).order(ByteOrder.nativeOrder());
        header.putInt(request.number()).putInt(flags);
        header.putInt((int) payload.byteSize());
        bytes.writeBytes(header.array());
        bytes.writeBytes(payload.toArray(ValueLayout.JAVA_BYTE));
    }
}
