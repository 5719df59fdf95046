// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import io.tidemark.vhost.handover.SaidAgain;
import io.tidemark.vhost.memory.GuestMemory;
import io.tidemark.vhost.memory.Region;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.RegionDescription;
import io.tidemark.vhost.protocol.RegionTable;
import io.tidemark.vhost.protocol.SingleRegion;
import io.tidemark.vhost.queue.QueueControl;
import io.tidemark.vhost.socket.Fd;
import io.tidemark.vhost.socket.PassedFds;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the mappings of guest memory: each change makes a new table, tells it to all queues, and unmaps what went when all
 * have answered.
 */
final class SharedMemory {
    /** The answer to GET_MAX_MEM_SLOTS. */
    static final int MAX_REGIONS = 512;

    private static final Logger LOG = LoggerFactory.getLogger(SharedMemory.class);

    private final String disk;
    private final List<QueueControl> queues;
    private GuestMemory table = GuestMemory.EMPTY;

    /** Kept for whoever takes the connection over. */
    private final Map<Region, Integer> fds = new HashMap<>();

    SharedMemory(String disk, List<QueueControl> queues) {
        this.disk = disk;
        this.queues = queues;
    }

    GuestMemory table() {
        return table;
    }

    /** SET_MEM_TABLE: these regions and no others. */
    void replace(MemorySegment payload, PassedFds fds) {
        int count = RegionTable.count(payload);
        if (count < 0 || count > RegionTable.MAX_REGIONS || payload.byteSize() != RegionTable.region(count)) {
            throw refused(
                    "a table of " + Integer.toUnsignedString(count) + " regions in " + payload.byteSize() + " bytes");
        }
        if (fds.count() != count) {
            throw refused("a table of " + count + " regions came with " + fds.count() + " file descriptors");
        }
        GuestMemory wanted = GuestMemory.EMPTY;
        boolean done = false;
        try {
            for (int i = 0; i < count; i++) {
                wanted = withMapped(wanted, payload, RegionTable.region(i), fds.take());
            }
            done = true;
        } finally {
            if (!done) {
                unmap(wanted.regions());
            }
        }
        use(wanted, table.regions());
    }

    /** ADD_MEM_REG: one more. */
    void add(MemorySegment payload, PassedFds fds) {
        if (table.regions().size() == MAX_REGIONS) {
            throw refused("there are " + MAX_REGIONS + " regions already");
        }
        if (fds.count() != 1) {
            throw refused("a region came with " + fds.count() + " file descriptors");
        }
        use(withMapped(table, payload, SingleRegion.REGION, fds.take()), List.of());
    }

    /** REM_MEM_REG: one fewer. */
    void remove(MemorySegment payload) {
        long guest = RegionDescription.guestAddress(payload, SingleRegion.REGION);
        long bytes = RegionDescription.bytes(payload, SingleRegion.REGION);
        long user = RegionDescription.userAddress(payload, SingleRegion.REGION);
        for (Region region : table.regions()) {
            if (region.is(guest, bytes, user)) {
                use(table.without(region), List.of(region));
                return;
            }
        }
        throw refused("there is no region at 0x%x to remove".formatted(guest));
    }

    /** Forgets all of it. */
    void clear() {
        use(GuestMemory.EMPTY, table.regions());
    }

    /** Owns the descriptor from now on. */
    private GuestMemory withMapped(GuestMemory to, MemorySegment payload, long at, int fd) {
        try {
            Region region = Region.map(
                    RegionDescription.guestAddress(payload, at),
                    RegionDescription.bytes(payload, at),
                    RegionDescription.userAddress(payload, at),
                    RegionDescription.mmapOffset(payload, at),
                    fd);
            try {
                GuestMemory wanted = to.with(region);
                fds.put(region, fd);
                return wanted;
            } catch (VhostException e) {
                region.mapping().close();
                throw e;
            }
        } catch (VhostException e) {
            Fd.close(fd);
            throw e;
        }
    }

    /** What another process needs to see the same memory. */
    List<SaidAgain> setUp() {
        return table.regions().stream()
                .map(region -> new SaidAgain(
                        FrontendRequest.ADD_MEM_REG,
                        SingleRegion.of(
                                region.guestAddress(), region.size(), region.userAddress(), region.mmapOffset()),
                        fds.get(region)))
                .toList();
    }

    private void use(GuestMemory wanted, List<Region> gone) {
        table = wanted;
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        for (QueueControl queue : queues) {
            answers.add(queue.memory(wanted));
        }
        boolean free = true;
        for (int i = 0; i < answers.size(); i++) {
            try {
                Answers.await(answers.get(i), "disk " + disk + ", queue " + i + ": taking new memory");
            } catch (ExecutionException e) {
                LOG.error("disk {}, queue {}: can't tell whether old memory is in use", disk, i, e.getCause());
                free = false;
            }
        }
        if (free) {
            unmap(gone);
        } else if (!gone.isEmpty()) {
            LOG.error("disk {}: {} regions stay mapped until the process ends", disk, gone.size());
        }
    }

    private void unmap(List<Region> regions) {
        for (Region region : regions) {
            region.mapping().close();
            Fd.close(fds.remove(region));
        }
    }

    private static VhostException refused(String reason) {
        return new VhostException(Code.BAD_MEMORY, "guest memory: " + reason);
    }
}
