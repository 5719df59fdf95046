// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.Geometry;
import io.tidemark.vhost.blk.BlkConfig;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.connection.ConnectionObserver;
import io.tidemark.vhost.fixture.BackendChannel;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestMover;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.fixture.OpenFds;
import io.tidemark.vhost.fixture.ServedDisk;
import io.tidemark.vhost.memory.Mapping;
import io.tidemark.vhost.protocol.BackendRequest;
import io.tidemark.vhost.protocol.ConfigAccess;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.InflightDescription;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.ProtocolFeature;
import io.tidemark.vhost.protocol.RegionDescription;
import io.tidemark.vhost.protocol.RegionTable;
import io.tidemark.vhost.protocol.SingleRegion;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringAddress;
import io.tidemark.vhost.protocol.VringFd;
import io.tidemark.vhost.protocol.VringState;
import io.tidemark.vhost.queue.InflightLayout;
import io.tidemark.vhost.socket.Fd;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class VhostServerTest {
    private static final MemorySegment EMPTY = MemorySegment.ofArray(new byte[0]);
    private static final long RAM = 0x1_0000;
    private static final long RAM_SIZE = 1 << 20;

    private ServedDisk disk;
    private Frontend frontend;

    @BeforeEach
    void connect() {
        disk = new ServedDisk();
        frontend = Frontend.negotiated(disk.socket(), -1);
    }

    @AfterEach
    void close() {
        frontend.close();
        disk.close();
        assertThat(OpenFds.mappings()).isZero();
    }

    @Test
    void tellsWhatItIs() {
        assertThat(frontend.getU64(FrontendRequest.GET_PROTOCOL_FEATURES)).isEqualTo(ProtocolFeature.OFFERED);
        assertThat(frontend.getU64(FrontendRequest.GET_QUEUE_NUM)).isEqualTo(2);
        assertThat(frontend.getU64(FrontendRequest.GET_MAX_MEM_SLOTS)).isEqualTo(512);
        byte[] config = BlkConfig.of(ServedDisk.GEOMETRY, 2, true);
        assertThat(frontend.config(0, 60)).isEqualTo(config);
        assertThat(frontend.config(0, 57)).isEqualTo(Arrays.copyOf(config, 57));
        try (Message beyond = frontend.ask(FrontendRequest.GET_CONFIG, ConfigAccess.of(250, 0, new byte[7]))) {
            assertThat(beyond.payload().byteSize()).isZero();
        }
        assertThat(disk.server().status().connected()).isTrue();
        assertThat(disk.server().status().features() & BlkFeatures.FLUSH).isNotZero();
    }

    @Test
    void startsAndStopsARing() {
        try (GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(1, 128, ram)) {
            assertThat(disk.queue(1).started()).isTrue();
            assertThat(disk.queue(1).enabled()).isTrue();
            assertThat(disk.queue(1).vring().size()).isEqualTo(128);
            assertThat(disk.queue(1).vring().descriptors()).isEqualTo(ring.descriptorsUser());
            assertThat(disk.queue(0).started()).isFalse();
            disk.queue(1).holdStop(CompletableFuture.completedFuture(17));
            assertThat(frontend.stopRing(1)).isEqualTo(17);
            assertThat(frontend.stopRing(1)).isEqualTo(17);
            assertThat(disk.queue(1).told().stream().filter("stop"::equals)).hasSize(1);
            frontend.startRing(1, ring, 17);
            assertThat(disk.queue(1).vring().base()).isEqualTo(17);
        }
    }

    /** Made here, kept by the frontend, given back: each queue has a part of its own, and what one life writes the next reads. */
    @Test
    void theRecordOfRequestsInFlightIsKeptByTheFrontend() {
        int record;
        MemorySegment description;
        try (Message made = frontend.ask(FrontendRequest.GET_INFLIGHT_FD, InflightDescription.of(0, 0, 2, 128))) {
            assertThat(made.fds().count()).isOne();
            assertThat(InflightDescription.mmapSize(made.payload())).isEqualTo(2 * InflightLayout.stride(128, false));
            record = made.fds().take();
            description = made.payload();
        }
        try {
            assertThat(recordOf(1, description, record)).isZero();
            frontend.close();
            assertThat(disk.awaitIdle()).isTrue();
            frontend = Frontend.negotiated(disk.socket(), -1);
            assertThat(recordOf(1, description, record)).isEqualTo((byte) 7);
        } finally {
            Fd.close(record);
        }
    }

    /** Starts a ring with the record, and returns what the last byte of its part was before this made it 7. */
    private byte recordOf(int queue, MemorySegment description, int record) {
        assertThat(frontend.did(FrontendRequest.SET_INFLIGHT_FD, description, record))
                .isTrue();
        try (GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(queue, 128, ram)) {
            assertThat(frontend.did(FrontendRequest.SET_INFLIGHT_FD, description, record))
                    .as("while the ring is started")
                    .isFalse();
            MemorySegment part = disk.queue(queue).vring().inflight();
            assertThat(part.byteSize()).isEqualTo(InflightLayout.stride(ring.size(), false));
            byte before = part.get(ValueLayout.JAVA_BYTE, part.byteSize() - 1);
            part.set(ValueLayout.JAVA_BYTE, part.byteSize() - 1, (byte) 7);
            frontend.stopRing(queue);
            return before;
        }
    }

    @Test
    void aRecordOfRequestsInFlightThatIsTooSmallIsRefused() {
        try (GuestRam small = new GuestRam(RAM, 4096)) {
            for (MemorySegment wrong : List.of(
                    InflightDescription.of(1 << 20, 0, 2, 128),
                    InflightDescription.of(2111, 0, 1, 128),
                    InflightDescription.of(4096, 4096, 1, 128),
                    InflightDescription.of(4096, Long.MAX_VALUE, 1, 128),
                    InflightDescription.of(4096, -1, 1, 128),
                    InflightDescription.of(4096, 0, 0, 128),
                    InflightDescription.of(4096, 0, 3, 16),
                    InflightDescription.of(4096, 0, 1, 0),
                    InflightDescription.of(1 << 30, 0, 1, 0xffff))) {
                assertThat(frontend.did(FrontendRequest.SET_INFLIGHT_FD, wrong, small.fd()))
                        .as(Arrays.toString(wrong.toArray(ValueLayout.JAVA_BYTE)))
                        .isFalse();
            }
            assertThat(frontend.did(FrontendRequest.SET_INFLIGHT_FD, InflightDescription.of(4096, 0, 1, 128)))
                    .as("without a descriptor")
                    .isFalse();
        }
    }

    @Test
    void answersGetVringBaseOnlyWhenDrained() throws Exception {
        try (GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(0, 128, ram)) {
            assertThat(ring.size()).isEqualTo(128);
            CompletableFuture<Integer> draining = new CompletableFuture<>();
            disk.queue(0).holdStop(draining);
            CompletableFuture<Integer> base = CompletableFuture.supplyAsync(() -> frontend.stopRing(0));
            assertThat(OpenFds.await(() -> disk.queue(0).told().contains("stop")))
                    .isTrue();
            assertThat(base).isNotDone();
            draining.complete(5);
            assertThat(base.get()).isEqualTo(5);
        }
    }

    @Test
    void enablesRingsThatWereNeverSetUp() {
        assertThat(frontend.did(FrontendRequest.SET_VRING_ENABLE, VringState.of(1, 1)))
                .isTrue();
        assertThat(frontend.did(FrontendRequest.SET_VRING_ENABLE, VringState.of(2, 1)))
                .isFalse();
        assertThat(frontend.did(FrontendRequest.SET_VRING_ENABLE, VringState.of(0, 2)))
                .isFalse();
        assertThat(disk.queue(1).enabled()).isTrue();
    }

    @Test
    void ringsOfAFrontendWithoutProtocolFeaturesAreEnabledFromTheStart() {
        frontend.close();
        frontend = Frontend.connect(disk.socket());
        frontend.set(FrontendRequest.SET_FEATURES, U64.of(BlkFeatures.VERSION_1));
        try (GuestRam ram = new GuestRam(RAM, RAM_SIZE)) {
            MemorySegment table = RegionTable.of(1);
            RegionDescription.put(table, RegionTable.region(0), RAM, RAM_SIZE, ram.userAddress(), 0);
            frontend.set(FrontendRequest.SET_MEM_TABLE, table, ram.fd());
            frontend.set(FrontendRequest.SET_VRING_NUM, VringState.of(0, 16));
            frontend.set(
                    FrontendRequest.SET_VRING_ADDR,
                    VringAddress.of(0, ram.userAddress(), ram.userAddress() + 4096, ram.userAddress() + 8192));
            frontend.set(FrontendRequest.SET_VRING_KICK, U64.of(VringFd.NO_FD));
            assertThat(OpenFds.await(() -> disk.queue(0).started())).isTrue();
            assertThat(disk.queue(0).enabled()).isTrue();
            assertThat(disk.queue(0).vring().kickFd()).isEqualTo(-1);
            frontend.close();
            assertThat(disk.awaitIdle()).isTrue();
            assertThat(disk.queue(0).started()).isFalse();
        }
    }

    @Test
    void changesTheCallDescriptorWhileRunning() {
        try (GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(0, 128, ram)) {
            int fds = OpenFds.count();
            for (int i = 0; i < 10; i++) {
                assertThat(frontend.did(FrontendRequest.SET_VRING_CALL, U64.of(0), ring.callFd()))
                        .isTrue();
                assertThat(disk.queue(0).callFd()).isNotNegative();
            }
            assertThat(OpenFds.count()).isEqualTo(fds);
            assertThat(frontend.did(FrontendRequest.SET_VRING_CALL, U64.of(VringFd.NO_FD)))
                    .isTrue();
            assertThat(disk.queue(0).callFd()).isEqualTo(-1);
            assertThat(OpenFds.count()).isEqualTo(fds - 1);
        }
    }

    @Test
    void unmapsMemoryOnlyWhenTheQueuesLetGoOfIt() throws Exception {
        try (GuestRam ram = frontend.share(RAM, RAM_SIZE)) {
            long mapped = OpenFds.mappings();
            CompletableFuture<Void> busy = new CompletableFuture<>();
            disk.queue(1).holdMemory(busy);
            CompletableFuture<Boolean> removed = CompletableFuture.supplyAsync(
                    () -> frontend.did(FrontendRequest.REM_MEM_REG, ram.description(), ram.fd()));
            assertThat(OpenFds.await(() -> disk.queue(1).memory().regions().isEmpty()))
                    .isTrue();
            assertThat(OpenFds.mappings()).isEqualTo(mapped);
            busy.complete(null);
            assertThat(removed.get()).isTrue();
            assertThat(OpenFds.mappings()).isEqualTo(mapped - 1);
            assertThat(frontend.did(FrontendRequest.REM_MEM_REG, ram.description()))
                    .isFalse();
        }
    }

    @Test
    void refusesMemoryThatCantBe() {
        try (GuestRam ram = frontend.share(RAM, RAM_SIZE)) {
            long mapped = OpenFds.mappings();
            int fds = OpenFds.count();
            assertThat(frontend.did(FrontendRequest.ADD_MEM_REG, ram.description(), ram.fd()))
                    .isFalse();
            assertThat(frontend.did(FrontendRequest.ADD_MEM_REG, SingleRegion.of(-4096, 8192, 0, 0), ram.fd()))
                    .isFalse();
            assertThat(frontend.did(FrontendRequest.ADD_MEM_REG, SingleRegion.of(0, -1, 0, 0), ram.fd()))
                    .isFalse();
            assertThat(frontend.did(FrontendRequest.ADD_MEM_REG, SingleRegion.of(0, 4096, 0, 0)))
                    .isFalse();
            assertThat(frontend.did(FrontendRequest.ADD_MEM_REG, SingleRegion.of(0, 4096, 0, 0), ram.fd(), ram.fd()))
                    .isFalse();
            MemorySegment overlapping = RegionTable.of(2);
            RegionDescription.put(overlapping, RegionTable.region(0), 0, 8192, 0, 0);
            RegionDescription.put(overlapping, RegionTable.region(1), 4096, 8192, 0, 0);
            assertThat(frontend.did(FrontendRequest.SET_MEM_TABLE, overlapping, ram.fd(), ram.fd()))
                    .isFalse();
            assertThat(frontend.did(FrontendRequest.SET_MEM_TABLE, overlapping, ram.fd()))
                    .isFalse();
            assertThat(disk.queue(0).memory().regions()).hasSize(1);
            assertThat(OpenFds.mappings()).isEqualTo(mapped);
            assertThat(OpenFds.count()).isEqualTo(fds);
        }
    }

    @Test
    void refusesRingsThatCantBe() {
        try (GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = new DriverRing(ram, 128, false)) {
            int fds = OpenFds.count();
            for (int size : new int[] {0, 3, 2048, -1}) {
                assertThat(frontend.did(FrontendRequest.SET_VRING_NUM, VringState.of(0, size)))
                        .isFalse();
            }
            assertThat(frontend.did(FrontendRequest.SET_VRING_BASE, VringState.of(0, 0x10000)))
                    .isFalse();
            assertThat(frontend.did(FrontendRequest.SET_VRING_KICK, U64.of(0), ring.kickFd()))
                    .isFalse();
            assertThat(frontend.did(FrontendRequest.SET_VRING_NUM, VringState.of(0, 128)))
                    .isTrue();
            long user = ram.userAddress();
            for (long[] place : new long[][] {
                {user + 8, user, user},
                {user, user + 2, user},
                {user, user, user + 1},
                {user + RAM_SIZE - 16, user, user},
                {0, user, user},
                {-16, user, user},
                {user, user, user + RAM_SIZE - 8}
            }) {
                assertThat(frontend.did(
                                FrontendRequest.SET_VRING_ADDR, VringAddress.of(0, place[0], place[1], place[2])))
                        .isTrue();
                assertThat(frontend.did(FrontendRequest.SET_VRING_KICK, U64.of(0), ring.kickFd()))
                        .isFalse();
            }
            assertThat(disk.queue(0).started()).isFalse();
            assertThat(OpenFds.count()).isEqualTo(fds);
        }
    }

    @Test
    void tellsOfARingThatCantStartByItsErrorDescriptor() {
        try (GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = new DriverRing(ram, 128, false)) {
            frontend.set(FrontendRequest.SET_VRING_ERR, U64.of(0), ring.errorFd());
            frontend.set(FrontendRequest.SET_VRING_KICK, U64.of(0), ring.kickFd());
            assertThat(ring.awaitError(10_000)).isTrue();
            frontend.startRing(0, ring, 0);
            assertThat(disk.queue(0).started()).isTrue();
        }
    }

    @Test
    void keepsMemoryMappedThatABrokenQueueMayStillUse() {
        try (GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(0, 128, ram)) {
            assertThat(ring.size()).isEqualTo(128);
            disk.queue(0).holdStop(CompletableFuture.failedFuture(new IllegalStateException("dead")));
            disk.queue(0).holdMemory(CompletableFuture.failedFuture(new IllegalStateException("dead")));
            Mapping mapping = disk.queue(0).memory().regions().getFirst().mapping();
            long mapped = OpenFds.mappings();
            frontend.close();
            assertThat(disk.awaitIdle()).isTrue();
            assertThat(OpenFds.mappings()).isEqualTo(mapped);
            mapping.close();
            assertThat(OpenFds.mappings()).isEqualTo(mapped - 1);
        }
    }

    @Test
    void switchesTheWriteCache() {
        assertThat(disk.queue(0).writeback()).isTrue();
        assertThat(frontend.did(FrontendRequest.SET_CONFIG, ConfigAccess.of(32, 0, new byte[] {0})))
                .isTrue();
        assertThat(disk.queue(0).writeback()).isFalse();
        assertThat(frontend.did(FrontendRequest.SET_CONFIG, ConfigAccess.of(0, 0, new byte[] {9})))
                .isFalse();
        frontend.set(FrontendRequest.SET_FEATURES, U64.of(BlkFeatures.VERSION_1));
        assertThat(frontend.did(FrontendRequest.SET_CONFIG, ConfigAccess.of(32, 0, new byte[] {1})))
                .isFalse();
    }

    @Test
    void resets() {
        try (GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(0, 128, ram)) {
            assertThat(frontend.did(FrontendRequest.SET_STATUS, U64.of(15))).isTrue();
            assertThat(frontend.getU64(FrontendRequest.GET_STATUS)).isEqualTo(15);
            assertThat(frontend.did(FrontendRequest.SET_STATUS, U64.of(0))).isTrue();
            assertThat(disk.queue(0).started()).isFalse();
            assertThat(disk.queue(0).memory().regions()).hasSize(1);
            frontend.startRing(0, ring, 0);
            assertThat(frontend.did(FrontendRequest.RESET_DEVICE, EMPTY)).isTrue();
            assertThat(disk.queue(0).started()).isFalse();
            assertThat(disk.queue(0).enabled()).isFalse();
            frontend.startRing(0, ring, 0);
            assertThat(frontend.did(FrontendRequest.RESET_OWNER, EMPTY)).isTrue();
            assertThat(disk.queue(0).enabled()).isFalse();
            assertThat(disk.queue(0).started()).isTrue();
        }
    }

    @Test
    void refusesWhatWasNotOfferedAndGoesOn() {
        assertThat(frontend.did(7, EMPTY)).isFalse();
        assertThat(frontend.did(1234, EMPTY)).isFalse();
        frontend.raw(new byte[] {99, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0});
        assertThat(frontend.did(FrontendRequest.SET_FEATURES, U64.of(1L << 47))).isFalse();
        assertThat(frontend.did(FrontendRequest.SET_PROTOCOL_FEATURES, U64.of(1L << 63)))
                .isFalse();
        assertThat(frontend.did(FrontendRequest.SET_OWNER, U64.of(1))).isFalse();
        assertThat(frontend.getU64(FrontendRequest.GET_QUEUE_NUM)).isEqualTo(2);
    }

    @Test
    void letsGoOfAFrontendThatCantBeTold() {
        frontend.set(FrontendRequest.SET_FEATURES, U64.of(1L << 47));
        assertThat(frontend.receive()).isNull();
        assertThat(disk.awaitIdle()).isTrue();
        assertThat(disk.server().status().lastEnd()).contains("SET_FEATURES").contains("not offered");
    }

    @Test
    void tellsAnotherSizeAtOnceAndOnceMoreWhenARingStarts() {
        Geometry larger = larger();
        try (BackendChannel channel = new BackendChannel(frontend);
                GuestRam ram = frontend.share(RAM, RAM_SIZE)) {
            assertThat(channel.take(0)).isEqualTo(-1);
            disk.server().resized(larger);
            assertThat(channel.take(5000)).isEqualTo(BackendRequest.CONFIG_CHANGE_MSG.number());
            assertThat(frontend.config(0, 60)).isEqualTo(BlkConfig.of(larger, 2, true));
            try (DriverRing ring = frontend.startRing(0, 128, ram)) {
                assertThat(channel.take(5000)).isEqualTo(BackendRequest.CONFIG_CHANGE_MSG.number());
                disk.server().resized(larger);
                assertThat(channel.take(5000)).isEqualTo(BackendRequest.CONFIG_CHANGE_MSG.number());
                frontend.stopRing(0);
                frontend.startRing(0, ring, 0);
                assertThat(channel.take(50)).as("news that is old").isEqualTo(-1);
            }
        }
    }

    @Test
    void aFrontendThatDoesNotReadItsNewsHoldsNothingUp() {
        try (BackendChannel channel = new BackendChannel(frontend)) {
            for (int i = 0; i < 2000; i++) {
                disk.server().resized(larger());
            }
            assertThat(channel.take(5000)).isEqualTo(BackendRequest.CONFIG_CHANGE_MSG.number());
            assertThat(frontend.getU64(FrontendRequest.GET_QUEUE_NUM)).isEqualTo(2);
        }
    }

    /** As QEMU 7.2 does when its guest is paused. */
    @Test
    void aRingThatAResetHasStoppedStillTellsItsBase() {
        try (GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = new DriverRing(ram, 128, true)) {
            frontend.startRing(1, ring, 77);
            frontend.require(FrontendRequest.SET_STATUS, U64.of(0));
            assertThat(disk.queue(1).started()).isFalse();
            assertThat(frontend.stopRing(1)).isEqualTo(77);
        }
    }

    private static Geometry larger() {
        Geometry now = ServedDisk.GEOMETRY;
        return new Geometry(
                2 * now.capacity(),
                now.logicalBlock(),
                now.physicalBlock(),
                now.readOnly(),
                now.discard(),
                now.writeZeroes());
    }

    @Test
    void whoOwnsTheImageHearsBeforeTheFirstRingAndAfterTheLastOneOfAMovingGuest() {
        List<String> heard = new CopyOnWriteArrayList<>();
        var owner = new ConnectionObserver() {
            private int refusals = 1;

            @Override
            public void starting() {
                heard.add("starting");
                if (refusals-- > 0) {
                    throw new VhostException(VhostException.Code.BAD_REQUEST, "the image is elsewhere");
                }
            }

            @Override
            public void moved() {
                heard.add("moved");
            }
        };
        try (ServedDisk owned = new ServedDisk(owner);
                Frontend mover = Frontend.negotiated(owned.socket(), ~BlkFeatures.LOG_ALL);
                GuestRam ram = mover.share(RAM, RAM_SIZE);
                GuestMover log = new GuestMover(ram);
                DriverRing first = new DriverRing(ram, 16, true);
                DriverRing second = new DriverRing(ram, 16, true)) {
            assertThatThrownBy(() -> mover.startRing(0, first, 0)).hasMessageContaining("SET_VRING_KICK");
            assertThat(owned.queue(0).started()).isFalse();
            mover.startRing(0, first, 0);
            mover.startRing(1, second, 0);
            mover.stopRing(0);
            mover.stopRing(1);
            assertThat(heard).as("without a log").containsExactly("starting", "starting");
            mover.startRing(0, first, 0);
            mover.startRing(1, second, 0);
            log.shareLog(mover);
            mover.require(FrontendRequest.SET_FEATURES, U64.of(mover.features() | BlkFeatures.LOG_ALL));
            mover.stopRing(1);
            assertThat(heard).hasSize(3);
            mover.stopRing(0);
            assertThat(heard).containsExactly("starting", "starting", "starting", "moved");
        }
    }

    @Test
    void keepsTheBackendChannelUntilTheEnd() {
        try (GuestRam ram = new GuestRam(0, 4096)) {
            int fds = OpenFds.count();
            assertThat(frontend.did(FrontendRequest.SET_BACKEND_REQ_FD, EMPTY, ram.fd()))
                    .isTrue();
            assertThat(frontend.did(FrontendRequest.SET_BACKEND_REQ_FD, EMPTY, ram.fd()))
                    .isTrue();
            assertThat(OpenFds.count()).isEqualTo(fds + 1);
            assertThat(frontend.did(FrontendRequest.SET_BACKEND_REQ_FD, EMPTY)).isFalse();
        }
    }

    @Test
    void closesAtOnceWithARingRunning() {
        try (GuestRam ram = frontend.share(RAM, RAM_SIZE);
                DriverRing ring = frontend.startRing(0, 128, ram)) {
            assertThat(ring.size()).isEqualTo(128);
            disk.server().close();
            assertThat(disk.queue(0).started()).isFalse();
            assertThat(disk.queue(0).memory().regions()).isEmpty();
            assertThat(disk.socket()).doesNotExist();
            assertThat(frontend.receive()).isNull();
        }
    }

    @Test
    void theNextFrontendWaitsForItsTurn() {
        try (Frontend next = Frontend.connect(disk.socket())) {
            assertThat(disk.server().status().connects()).isEqualTo(1);
            frontend.close();
            assertThat(next.getU64(FrontendRequest.GET_QUEUE_NUM)).isEqualTo(2);
            assertThat(disk.server().status().connects()).isEqualTo(2);
        }
    }

    @Test
    void aSessionThatDiesOfAnErrorIsClosedAndTheNextIsServed() {
        disk.queue(0).failWith(new OutOfMemoryError("made up"));
        frontend.set(FrontendRequest.SET_VRING_ENABLE, VringState.of(0, 1));
        assertThat(frontend.receive()).as("the connection is closed").isNull();
        assertThat(disk.awaitIdle()).isTrue();
        disk.queue(0).failWith(null);
        frontend.close();
        frontend = Frontend.negotiated(disk.socket(), -1);
        assertThat(frontend.did(FrontendRequest.SET_VRING_ENABLE, VringState.of(0, 1)))
                .isTrue();
        assertThat(disk.queue(0).enabled()).isTrue();
    }
}
