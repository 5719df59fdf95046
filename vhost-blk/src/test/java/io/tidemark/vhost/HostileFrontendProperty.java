// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.fixture.OpenFds;
import io.tidemark.vhost.fixture.ServedDisk;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.MessageHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever a frontend sends: the server is there for the next one, with nothing left open or mapped. */
class HostileFrontendProperty {
    private static ServedDisk disk;
    private static GuestRam ram;
    private static int idleFds;
    private static long idleMappings;

    /** Some bytes to send, in hex, and how many descriptors go with them. */
    record Bytes(String hex, int fds) {
        static Bytes of(byte[] content, int fds) {
            return new Bytes(HexFormat.of().formatHex(content), fds);
        }
    }

    @BeforeContainer
    static void open() {
        disk = new ServedDisk();
        ram = new GuestRam(0, 1 << 20);
        idleFds = OpenFds.count();
        idleMappings = OpenFds.mappings();
    }

    @AfterContainer
    static void close() {
        disk.close();
        ram.close();
    }

    @Property(tries = 300)
    void anyBytes(@ForAll @Size(min = 1, max = 100) byte[] bytes, @ForAll boolean negotiated) {
        survives(negotiated, List.of(Bytes.of(bytes, 0)));
    }

    @Property(tries = 700)
    void anyMessages(@ForAll("messages") @Size(min = 1, max = 12) List<Bytes> messages, @ForAll boolean negotiated) {
        survives(negotiated, messages);
    }

    private static void survives(boolean negotiated, List<Bytes> messages) {
        try (Frontend frontend =
                negotiated ? Frontend.negotiated(disk.socket(), -1) : Frontend.connect(disk.socket())) {
            for (Bytes message : messages) {
                int[] fds = new int[message.fds];
                Arrays.fill(fds, ram.fd());
                frontend.raw(HexFormat.of().parseHex(message.hex), fds);
            }
        } catch (VhostException closed) {
            assertThat(closed.code()).isEqualTo(VhostException.Code.DISCONNECTED);
        }
        try (Frontend next = Frontend.connect(disk.socket())) {
            assertThat(next.getU64(FrontendRequest.GET_QUEUE_NUM)).isEqualTo(2);
        }
        assertThat(OpenFds.await(() -> OpenFds.count() == idleFds))
                .as(() -> OpenFds.list().toString())
                .isTrue();
        assertThat(OpenFds.mappings()).isEqualTo(idleMappings);
        assertThat(disk.queue(0).started() || disk.queue(1).started()).isFalse();
    }

    @Provide
    Arbitrary<List<Bytes>> messages() {
        Arbitrary<Integer> numbers = Arbitraries.frequencyOf(
                Tuple.of(9, Arbitraries.of(FrontendRequest.values()).map(FrontendRequest::number)),
                Tuple.of(1, Arbitraries.integers()));
        Arbitrary<Integer> flags = Arbitraries.of(1, 1, 1, 9, 9, 9, 5, 0, 2, -1);
        Arbitrary<Integer> sizes = Arbitraries.of(0, 0, 8, 8, 8, 24, 24, 40, 40, 40, 12, 13, 20, 72, 268, 300);
        Arbitrary<Long> words = Arbitraries.of(
                0L,
                1L,
                2L,
                128L,
                (128L << 16) + 2,
                0x100L,
                0x101L,
                4096L,
                8192L,
                1L << 20,
                1L << 40,
                Long.MAX_VALUE,
                Long.MIN_VALUE,
                -1L,
                1L << 32,
                (1L << 32) + 1,
                (128L << 32),
                ram.userAddress(),
                ram.userAddress() + 4096,
                (1L << 30) - 1);
        Arbitrary<List<Long>> payloads = words.list().ofSize(38);
        Arbitrary<Integer> fds = Arbitraries.of(0, 0, 0, 1, 1, 1, 2, 3, 8, 9, 20);
        return Combinators.combine(numbers, flags, sizes, payloads, fds)
                .as(HostileFrontendProperty::message)
                .list();
    }

    private static Bytes message(int number, int flags, int size, List<Long> words, int fds) {
        ByteBuffer bytes = ByteBuffer.allocate(MessageHeader.SIZE + words.size() * Long.BYTES)
                .order(ByteOrder.nativeOrder());
        bytes.putInt(number).putInt(flags).putInt(size);
        words.forEach(bytes::putLong);
        return Bytes.of(Arrays.copyOf(bytes.array(), MessageHeader.SIZE + size), fds);
    }
}
