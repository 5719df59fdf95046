// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.tidemark.disk.NullImage;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.fixture.PackedDriverRing;
import io.tidemark.vhost.memory.GuestMemory;
import io.tidemark.vhost.memory.Region;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A loop that serves a packed ring, with a record of what is in flight, allocates nothing in steady state. */
@Timeout(60)
class PackedAllocationTest {
    private static final long GUEST = 0x4000_0000L;
    private static final int SIZE = 128;
    private static final int DEPTH = 32;
    private static final int REQUESTS = 20_000;

    /** What runs once a turn, not once a request, is compiled late; until then it allocates a little. */
    private static final int WINDOWS = 200;

    private static final int PATIENCE_MS = 10_000;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingIsAllocatedPerRequest(boolean indirect) {
        try (GuestRam ram = new GuestRam(GUEST, 1 << 20);
                PackedDriverRing ring = new PackedDriverRing(ram, SIZE, true);
                QueueLoop loop = new QueueLoop(
                        "packed-q0", new NullImage(1 << 30), "serial".getBytes(StandardCharsets.US_ASCII))) {
            Region region = Region.map(GUEST, ram.size(), ram.userAddress(), 0, ram.fd());
            loop.memory(GuestMemory.EMPTY.with(region)).join();
            loop.enable(true);
            loop.start(vring(ring)).join();
            assertThat(leastAllocated(loop, ring, indirect))
                    .as("bytes per request")
                    .isLessThan(0.1);
            loop.stop().join();
            loop.memory(GuestMemory.EMPTY).join();
            region.mapping().close();
        }
    }

    private static Vring vring(PackedDriverRing ring) {
        return new Vring(
                SIZE,
                ring.descriptorsUser(),
                ring.availUser(),
                ring.usedUser(),
                PackedDriverRing.freshBase(),
                ring.kickFd(),
                ring.callFd(),
                ring.errorFd(),
                BlkFeatures.RING_PACKED | BlkFeatures.EVENT_IDX,
                Arena.ofAuto().allocate(InflightLayout.stride(SIZE, true), 64));
    }

    /** What is allocated per request shows in every window. */
    private static double leastAllocated(QueueLoop loop, PackedDriverRing ring, boolean indirect) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        CompletableFuture<Long> id = new CompletableFuture<>();
        loop.execute(() -> id.complete(Thread.currentThread().threadId()));
        List<Buffer> chain = read(ring.ram());
        double least = Double.MAX_VALUE;
        for (int window = 0; window < WINDOWS && least >= 0.1; window++) {
            long before = threads.getThreadAllocatedBytes(id.join());
            exchange(ring, chain, indirect);
            long after = threads.getThreadAllocatedBytes(id.join());
            least = Math.min(least, (after - before) / (double) REQUESTS);
        }
        return least;
    }

    private static List<Buffer> read(GuestRam ram) {
        long header = ram.allocate(BlkRequestHeader.SIZE, 16);
        BlkRequestHeader.put(ram.at(header, BlkRequestHeader.SIZE), 0, BlkRequestType.IN, 8);
        return List.of(
                Buffer.out(header, BlkRequestHeader.SIZE),
                Buffer.in(ram.allocate(4096, 4096), 4096),
                Buffer.in(ram.allocate(1, 1), 1));
    }

    private static void exchange(PackedDriverRing ring, List<Buffer> chain, boolean indirect) {
        for (int done = 0; done < REQUESTS; done += DEPTH) {
            for (int i = 0; i < DEPTH; i++) {
                long taken = ring.ram().taken();
                int _ = indirect ? ring.offerIndirect(chain) : ring.offer(chain);
                // All tables are alike, so they may lie in one place.
                ring.ram().release(taken);
            }
            ring.publish();
            for (int i = 0; i < DEPTH; i++) {
                assertThat(ring.take(PATIENCE_MS)).as("request %d", done + i).isNotNull();
            }
        }
    }
}
