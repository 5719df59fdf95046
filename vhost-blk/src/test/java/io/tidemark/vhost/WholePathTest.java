// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Filter;
import io.tidemark.disk.Loop;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.fixture.BlkDriver;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.fixture.OpenFds;
import io.tidemark.vhost.fixture.PackedDriverRing;
import io.tidemark.vhost.fixture.RealDisk;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringFd;
import io.tidemark.vhost.protocol.VringState;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From the driver's ring over the real socket through real queue loops to a real file, and back. */
@Timeout(60)
class WholePathTest {
    private static final long RAM = 0x10_0000;
    private static final long RAM_SIZE = 4 << 20;

    private RealDisk disk;

    @BeforeEach
    void serve() {
        disk = new RealDisk(2);
    }

    @AfterEach
    void end() {
        disk.close();
        assertThat(OpenFds.mappings()).isZero();
    }

    private static byte[] noise(int bytes, long seed) {
        byte[] content = new byte[bytes];
        new Random(seed).nextBytes(content);
        return content;
    }

    private byte[] file(long offset, int bytes) throws Exception {
        try (RandomAccessFile image = new RandomAccessFile(disk.file().toFile(), "r")) {
            byte[] content = new byte[bytes];
            image.seek(offset);
            image.readFully(content);
            return content;
        }
    }

    @Test
    void packedRingsDoAllThatSplitOnesDo() throws Exception {
        for (long features : new long[] {-1, ~BlkFeatures.EVENT_IDX}) {
            try (Frontend frontend = Frontend.negotiatedPacked(disk.socket(), features);
                    GuestRam ram = frontend.share(RAM, RAM_SIZE);
                    PackedDriverRing first = frontend.startPackedRing(0, 128, ram);
                    PackedDriverRing second = frontend.startPackedRing(1, 77, ram)) {
                int sector = 8;
                for (int lap = 0; lap < 20; lap++) {
                    for (PackedDriverRing ring : List.of(first, second)) {
                        BlkDriver driver = new BlkDriver(ring)
                                .align(lap % 2 == 0 ? 512 : 1)
                                .indirect(lap % 3 == 0);
                        readsWhatItWrote(driver.layout(lap % 5 == 0 ? WholePathTest::cut : whole -> whole), sector);
                        assertThat(driver.flush()).isEqualTo(BlkStatus.OK);
                        sector += 64;
                    }
                }
                assertThat(new BlkDriver(first).read(RealDisk.CAPACITY / 512, 512))
                        .isNull();
                int base = frontend.stopRing(1);
                assertThat(base & 0xffff).as("all was given back").isEqualTo(base >>> 16);
                frontend.startRing(1, second, base);
                readsWhatItWrote(new BlkDriver(second), 8);
            }
        }
    }

    private void readsWhatItWrote(BlkDriver driver, int sector) throws Exception {
        byte[] content = noise(24 << 10, sector);
        assertThat(driver.write(sector, content)).isEqualTo(BlkStatus.OK);
        assertThat(driver.read(sector, content.length)).isEqualTo(content);
        assertThat(file(sector * 512L, content.length)).isEqualTo(content);
    }

    @Test
    void aRingWithoutKicksIsPolled() throws Exception {
        try (Frontend frontend = Frontend.negotiated(disk.socket(), -1);
                GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(0, 128, ram)) {
            int base = frontend.stopRing(0);
            frontend.require(FrontendRequest.SET_VRING_BASE, VringState.of(0, base));
            frontend.require(FrontendRequest.SET_VRING_KICK, U64.of(VringFd.NO_FD));
            for (int i = 1; i < 20; i++) {
                readsWhatItWrote(new BlkDriver(ring), 64 * i);
            }
            frontend.stopRing(0);
        }
    }

    @Test
    void everyRequestInEveryLayoutReachesTheFile() throws Exception {
        for (long features : new long[] {-1, ~BlkFeatures.EVENT_IDX}) {
            try (Frontend frontend = Frontend.negotiated(disk.socket(), features);
                    GuestRam ram = frontend.share(RAM, RAM_SIZE);
                    DriverRing first = frontend.startRing(0, 128, ram);
                    DriverRing second = frontend.startRing(1, 16, ram)) {
                int sector = 8;
                for (DriverRing ring : List.of(first, second)) {
                    for (int align : new int[] {4096, 512, 16, 1}) {
                        for (boolean indirect : new boolean[] {false, true}) {
                            readsWhatItWrote(new BlkDriver(ring).align(align).indirect(indirect), sector);
                            readsWhatItWrote(
                                    new BlkDriver(ring)
                                            .align(align)
                                            .indirect(indirect)
                                            .layout(WholePathTest::cut),
                                    sector + 64);
                            sector += 200;
                        }
                    }
                }
                BlkDriver driver = new BlkDriver(first);
                assertThat(driver.flush()).isEqualTo(BlkStatus.OK);
                assertThat(driver.id())
                        .isEqualTo(Arrays.copyOf(RealDisk.SERIAL.getBytes(StandardCharsets.US_ASCII), 20));
                assertThat(driver.write(0, noise(32 << 10, 3))).isEqualTo(BlkStatus.OK);
                assertThat(driver.discard(0, 16)).isEqualTo(BlkStatus.OK);
                assertThat(driver.writeZeroes(16, 16, 0)).isEqualTo(BlkStatus.OK);
                assertThat(driver.writeZeroes(32, 16, 1)).isEqualTo(BlkStatus.OK);
                assertThat(file(0, 24 << 10)).containsOnly(0);
                assertThat(driver.read(0, 24 << 10)).containsOnly(0);
                assertThat(file(24 << 10, 8 << 10))
                        .isEqualTo(Arrays.copyOfRange(noise(32 << 10, 3), 24 << 10, 32 << 10));
                assertThat(driver.read(RealDisk.CAPACITY / 512, 512)).isNull();
                frontend.stopRing(0);
                frontend.stopRing(1);
            }
            assertThat(disk.awaitIdle()).isTrue();
        }
    }

    /** Cuts each buffer in up to three parts, the first of odd length: headers too may be split (virtio 1.3, 2.7.4.2). */
    private static List<Buffer> cut(List<Buffer> buffers) {
        List<Buffer> parts = new ArrayList<>();
        for (Buffer buffer : buffers) {
            int first = Math.min(5, buffer.length());
            int second = (buffer.length() - first) / 2;
            for (int[] part :
                    new int[][] {{0, first}, {first, second}, {first + second, buffer.length() - first - second}}) {
                if (part[1] > 0) {
                    parts.add(
                            buffer.deviceWrites()
                                    ? Buffer.in(buffer.address() + part[0], part[1])
                                    : Buffer.out(buffer.address() + part[0], part[1]));
                }
            }
        }
        return parts;
    }

    /** Keeps requests back until it is told to let go; used on its loop's thread. */
    private static final class Holding implements Filter {
        private final Queue<Runnable> held = new ArrayDeque<>();
        private volatile int count;
        private Loop owner;

        @Override
        public BlockDevice attach(Loop loop, BlockDevice below) {
            owner = loop;
            return request -> {
                held.add(() -> below.submit(request));
                count = held.size();
            };
        }

        int count() {
            return count;
        }

        void letGo() {
            owner.execute(() -> {
                while (!held.isEmpty()) {
                    held.remove().run();
                }
            });
        }
    }

    private static void offerWrite(DriverRing ring, long sector, byte[] content) {
        GuestRam ram = ring.ram();
        long header = ram.allocate(BlkRequestHeader.SIZE, 16);
        BlkRequestHeader.put(ram.at(header, BlkRequestHeader.SIZE), 0, BlkRequestType.OUT, sector);
        long data = ram.allocate(content.length, 512);
        ram.at(data, content.length).copyFrom(MemorySegment.ofArray(content));
        long status = ram.allocate(1, 1);
        ring.offer(List.of(
                Buffer.out(header, BlkRequestHeader.SIZE), Buffer.out(data, content.length), Buffer.in(status, 1)));
    }

    @Test
    void aFrontendThatDiesWithRequestsInFlightLeavesTheDiskToTheNext() throws Exception {
        Holding holding = new Holding();
        disk.loop(0).filters(List.of(holding)).join();
        try (Frontend frontend = Frontend.negotiated(disk.socket(), -1);
                GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(0, 64, ram)) {
            for (int i = 0; i < 8; i++) {
                offerWrite(ring, i * 8L, noise(4096, i));
            }
            ring.publish();
            assertThat(OpenFds.await(() -> holding.count() == 8)).isTrue();
        }
        // What was taken is still executed, from memory that stays mapped until then.
        assertThat(OpenFds.mappings()).isEqualTo(1);
        holding.letGo();
        assertThat(disk.awaitIdle()).isTrue();
        assertThat(OpenFds.mappings()).isZero();
        for (int i = 0; i < 8; i++) {
            assertThat(file(i * 4096L, 4096)).isEqualTo(noise(4096, i));
        }
        disk.loop(0).filters(List.of()).join();
        try (Frontend frontend = Frontend.negotiated(disk.socket(), -1);
                GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(0, 64, ram)) {
            readsWhatItWrote(new BlkDriver(ring), 100);
        }
    }

    @Test
    void memoryThatIsRemovedWhileRingsRunIsOutOfReachAndTheRestGoesOn() throws Exception {
        try (Frontend frontend = Frontend.negotiated(disk.socket(), -1);
                GuestRam ram = frontend.share(RAM, RAM_SIZE);
                GuestRam more = frontend.share(RAM + RAM_SIZE, 1 << 20);
                DriverRing ring = frontend.startRing(0, 64, ram);
                DriverRing other = frontend.startRing(1, 64, ram)) {
            BlkDriver driver = new BlkDriver(ring);
            long there = more.allocate(4096, 4096);
            assertThat(driver.request(BlkRequestType.IN, 0, Buffer.in(there, 4096)))
                    .isEqualTo(BlkStatus.OK);
            assertThat(frontend.did(FrontendRequest.REM_MEM_REG, more.description()))
                    .isTrue();
            readsWhatItWrote(driver, 8);
            long header = ram.allocate(BlkRequestHeader.SIZE, 16);
            BlkRequestHeader.put(ram.at(header, BlkRequestHeader.SIZE), 0, BlkRequestType.IN, 0);
            ring.offer(List.of(
                    Buffer.out(header, BlkRequestHeader.SIZE),
                    Buffer.in(there, 4096),
                    Buffer.in(ram.allocate(1, 1), 1)));
            ring.publish();
            assertThat(ring.awaitError(10_000)).isTrue();
            assertThat(disk.loop(0).brokenBecause()).contains("outside of guest memory");
            readsWhatItWrote(new BlkDriver(other), 200);
        }
    }

    @Test
    void aShrunkMemfdStopsTheRingAndNothingElse() throws Exception {
        try (Frontend frontend = Frontend.negotiated(disk.socket(), -1);
                GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(0, 64, ram)) {
            readsWhatItWrote(new BlkDriver(ring), 8);
            ram.shrink(0);
            ring.kick();
            assertThat(ring.awaitError(10_000)).isTrue();
            assertThat(disk.loop(0).brokenBecause()).contains("guest memory has vanished");
            assertThat(frontend.getU64(FrontendRequest.GET_QUEUE_NUM)).isEqualTo(2);
        }
        assertThat(disk.awaitIdle()).isTrue();
        try (Frontend frontend = Frontend.negotiated(disk.socket(), -1);
                GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(0, 64, ram)) {
            readsWhatItWrote(new BlkDriver(ring), 16);
        }
    }

    @Test
    void memoryThatVanishesUnderRequestsOnTheirWayHarmsNobody() throws Exception {
        Holding holding = new Holding();
        disk.loop(0).filters(List.of(holding)).join();
        try (Frontend frontend = Frontend.negotiated(disk.socket(), -1);
                GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(0, 64, ram)) {
            for (int i = 0; i < 4; i++) {
                offerWrite(ring, i * 8L, noise(4096, i));
            }
            ring.publish();
            assertThat(OpenFds.await(() -> holding.count() == 4)).isTrue();
            ram.shrink(0);
            holding.letGo();
            assertThat(OpenFds.await(() -> disk.loop(0).brokenBecause() != null))
                    .isTrue();
        }
        assertThat(disk.awaitIdle()).isTrue();
        disk.loop(0).filters(List.of()).join();
        try (Frontend frontend = Frontend.negotiated(disk.socket(), -1);
                GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(0, 64, ram)) {
            readsWhatItWrote(new BlkDriver(ring), 16);
        }
    }
}
