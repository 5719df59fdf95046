// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestMover;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.fixture.GuestRing;
import io.tidemark.vhost.fixture.OpenFds;
import io.tidemark.vhost.fixture.PackedDriverRing;
import io.tidemark.vhost.fixture.RealDisk;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.LogDescription;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest's memory is copied page by page while its disk writes into it: nothing is missed. */
@Timeout(60)
class MovedGuestTest {
    private static final long RAM = 0x10_0000;
    private static final long RAM_SIZE = 8 << 20;
    private static final int DEPTH = 16;
    private static final int MOST_BYTES = 64 << 10;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private RealDisk disk;

    @BeforeEach
    void serve() throws IOException {
        disk = new RealDisk(1);
        byte[] content = new byte[RealDisk.CAPACITY];
        new Random(seed).nextBytes(content);
        Files.write(disk.file(), content);
    }

    @AfterEach
    void end() {
        disk.close();
        assertThat(OpenFds.mappings()).isZero();
    }

    /** Places in guest memory that the device writes, in one request after the other. */
    private record Place(long header, long data, long status) {}

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void allThatTheDeviceWritesIsMarked(boolean packed) {
        System.out.println("-Dtidemark.seed=" + seed);
        try (Frontend frontend = packed
                        ? Frontend.negotiatedPacked(disk.socket(), ~BlkFeatures.LOG_ALL)
                        : Frontend.negotiated(disk.socket(), ~BlkFeatures.LOG_ALL);
                GuestRam ram = frontend.share(RAM, RAM_SIZE);
                GuestRing ring = packed ? frontend.startPackedRing(0, 512, ram) : frontend.startRing(0, 512, ram)) {
            Deque<Place> idle = new ArrayDeque<>();
            for (int i = 0; i < DEPTH; i++) {
                idle.add(new Place(ram.allocate(16, 16), ram.allocate(MOST_BYTES, 1), ram.allocate(1, 1)));
            }
            List<Place> all = List.copyOf(idle);
            Map<Integer, Place> busy = new HashMap<>();
            work(ring, idle, busy, 500, null);
            try (GuestMover mover = new GuestMover(ram)) {
                mover.shareLog(frontend);
                assertThat(mover.copyMarked()).as("marks without LOG_ALL").isZero();
                // From here on requests are in flight that were taken without a log.
                offer(ring, idle, busy, null);
                logging(frontend, ring, true);
                mover.copyAll();
                work(ring, idle, busy, 1000, mover);
                mover.shareAnotherLog(frontend);
                work(ring, idle, busy, 1000, mover);
                for (int stops = 0; stops < 20; stops++) {
                    // In the middle of its work: the ring's last change is that it gives the last request back.
                    offer(ring, idle, busy, mover);
                    int base = frontend.stopRing(0);
                    mover.copyMarked();
                    assertMoved(mover.copy(), ram, ring, all);
                    frontend.startRing(0, ring, base);
                    logging(frontend, ring, true);
                    work(ring, idle, busy, 2 * DEPTH, mover);
                }
                logging(frontend, ring, false);
                mover.copyMarked();
                work(ring, idle, busy, 100, null);
                assertThat(mover.copyMarked()).as("marks when it was over").isZero();
            }
        }
    }

    private static void logging(Frontend frontend, GuestRing ring, boolean on) {
        frontend.require(FrontendRequest.SET_FEATURES, U64.of(frontend.features() | (on ? BlkFeatures.LOG_ALL : 0)));
        long used = ring.ram().guestAddress() + ring.usedUser() - ring.ram().userAddress();
        frontend.require(
                FrontendRequest.SET_VRING_ADDR,
                on
                        ? VringAddress.logged(0, ring.descriptorsUser(), ring.usedUser(), ring.availUser(), used)
                        : VringAddress.of(0, ring.descriptorsUser(), ring.usedUser(), ring.availUser()));
    }

    /** @param mover copies now and then; null for nobody */
    private void work(GuestRing ring, Deque<Place> idle, Map<Integer, Place> busy, int requests, GuestMover mover) {
        for (int done = 0; done < requests || !busy.isEmpty(); ) {
            if (done < requests) {
                offer(ring, idle, busy, mover);
            }
            GuestRing.Used used = ring.take(10_000);
            assertThat(used).isNotNull();
            Place place = busy.remove(used.head());
            assertThat(ring.ram().bytes(place.status, 1)).containsExactly(0);
            idle.add(place);
            done++;
            if (mover != null && random.nextInt(8) == 0) {
                mover.copyMarked();
            }
        }
    }

    private void offer(GuestRing ring, Deque<Place> idle, Map<Integer, Place> busy, GuestMover mover) {
        while (!idle.isEmpty()) {
            Place place = idle.remove();
            busy.put(ring.offer(chain(ring.ram(), place)), place);
        }
        ring.publish();
        if (mover != null && ring instanceof PackedDriverRing) {
            // What the driver writes is moved without the device's help.
            mover.copy(
                    ring.ram().guestAddress()
                            + ring.descriptorsUser()
                            - ring.ram().userAddress(),
                    16L * ring.size());
        }
    }

    private List<Buffer> chain(GuestRam ram, Place place) {
        int type = random.nextInt(10) == 0 ? BlkRequestType.GET_ID : BlkRequestType.IN;
        int bytes = type == BlkRequestType.GET_ID ? 20 : 512 * (1 + random.nextInt(MOST_BYTES / 512));
        long sector = type == BlkRequestType.GET_ID ? 0 : random.nextInt((RealDisk.CAPACITY - bytes) / 512);
        BlkRequestHeader.put(ram.at(place.header, BlkRequestHeader.SIZE), 0, type, sector);
        List<Buffer> chain = new ArrayList<>();
        chain.add(Buffer.out(place.header, BlkRequestHeader.SIZE));
        chain.addAll(Buffer.split(List.of(Buffer.in(place.data, bytes)), 20_000));
        chain.add(Buffer.in(place.status, 1));
        return chain;
    }

    /** What the device has written; what the driver writes besides is its own to tell. */
    private static void assertMoved(GuestRam copy, GuestRam ram, GuestRing ring, List<Place> places) {
        for (Place place : places) {
            assertSame(copy, ram, place.data, MOST_BYTES, "data");
            assertSame(copy, ram, place.status, 1, "status");
        }
        long used = ram.guestAddress() + ring.usedUser() - ram.userAddress();
        if (ring instanceof PackedDriverRing) {
            long descriptors = ram.guestAddress() + ring.descriptorsUser() - ram.userAddress();
            assertSame(copy, ram, descriptors, 16 * ring.size(), "descriptor ring");
            assertSame(copy, ram, used, 4, "device event suppression");
        } else {
            assertSame(copy, ram, used, 6 + 8 * ring.size(), "used ring");
        }
    }

    private static void assertSame(GuestRam copy, GuestRam ram, long address, int bytes, String what) {
        assertThat(copy.bytes(address, bytes)).as(what).isEqualTo(ram.bytes(address, bytes));
    }

    @Test
    void aLogThatIsTooSmallOrNoFileIsRefused() {
        for (long size : new long[] {0, 32, -1, Long.MAX_VALUE}) {
            try (Frontend frontend = Frontend.negotiated(disk.socket(), -1);
                    GuestRam _ = frontend.share(RAM, RAM_SIZE);
                    GuestRam log = new GuestRam(0, 4096)) {
                frontend.set(FrontendRequest.SET_LOG_BASE, LogDescription.of(size, 0), log.fd());
                assertThat(frontend.receive())
                        .as("an answer to a log of %d bytes", size)
                        .isNull();
            }
        }
    }
}
