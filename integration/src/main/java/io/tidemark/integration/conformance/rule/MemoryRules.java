// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.RegionDescription;
import io.tidemark.vhost.protocol.RegionTable;
import io.tidemark.vhost.protocol.SingleRegion;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Guest memory: what is shared at the beginning, and what a request may name. */
final class MemoryRules {
    private static final String TABLE = "vhost-user.rst, VHOST_USER_SET_MEM_TABLE";
    private static final long SECOND = Trial.RAM + Trial.RAM_SIZE;
    private static final int BLOCK = AttachedDisk.BLOCK;

    static final List<Rule> ALL = List.of(
            must("memory/table", TABLE, "a table of two regions is taken, and both are used", MemoryRules::table),
            must(
                    "memory/table-while-running",
                    TABLE,
                    "a new table is taken while a ring runs, which goes on",
                    MemoryRules::tableWhileRunning),
            must(
                    "memory/mmap-offset",
                    "vhost-user.rst, Memory region description",
                    "a region begins at its offset in the file",
                    MemoryRules::mmapOffset),
            must(
                    "memory/region-border",
                    "vhost-user.rst, Multiple memory regions description; virtio 1.3, 2.7.4",
                    "a buffer may lie across the border of two regions",
                    MemoryRules::regionBorder),
            must(
                    "memory/high-address",
                    "vhost-user.rst, Memory region description",
                    "guest addresses above 4 GiB are right",
                    MemoryRules::highAddress),
            must(
                    "memory/outside",
                    "virtio 1.3, 2.7.5; vhost-user.rst, Memory access",
                    "a buffer outside of memory is read or written nowhere, and the next frontend is served",
                    MemoryRules::outside),
            should(
                    "memory/table-without-files",
                    TABLE,
                    "a table with fewer files than regions is refused",
                    MemoryRules::tableWithoutFiles));

    private MemoryRules() {}

    private static MemorySegment tableOf(GuestRam... regions) {
        MemorySegment table = RegionTable.of(regions.length);
        for (int i = 0; i < regions.length; i++) {
            GuestRam ram = regions[i];
            RegionDescription.put(table, RegionTable.region(i), ram.guestAddress(), ram.size(), ram.userAddress(), 0);
        }
        return table;
    }

    private static void table(Trial trial) {
        Frontend frontend = trial.negotiated();
        GuestRam ram = trial.closing(new GuestRam(Trial.RAM, Trial.RAM_SIZE));
        GuestRam more = trial.closing(new GuestRam(1L << 30, Trial.RAM_SIZE));
        Expect.that(
                frontend.did(FrontendRequest.SET_MEM_TABLE, tableOf(ram, more), ram.fd(), more.fd()),
                "the table was refused");
        DriverRing ring = trial.closing(frontend.startRing(0, Trial.QUEUE_SIZE, ram));
        AttachedDisk disk = new AttachedDisk(trial, frontend, ram, ring);
        disk.check(3, 31);
        usesForReading(disk, more);
    }

    /** Reads a block into a region. */
    static void usesForReading(AttachedDisk disk, GuestRam region) {
        byte[] wanted = disk.read(3, BLOCK);
        long there = region.allocate(BLOCK, BLOCK);
        byte status = disk.driver().request(BlkRequestType.IN, 3 * AttachedDisk.BLOCK_SECTORS, Buffer.in(there, BLOCK));
        Expect.same(status, BlkStatus.OK, "status of a read into another region");
        Expect.same(region.bytes(there, BLOCK), wanted, "a block in another region");
    }

    private static void tableWhileRunning(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.check(3, 32);
        GuestRam more = trial.closing(new GuestRam(1L << 30, Trial.RAM_SIZE));
        Expect.that(
                disk.frontend()
                        .did(
                                FrontendRequest.SET_MEM_TABLE,
                                tableOf(disk.ram(), more),
                                disk.ram().fd(),
                                more.fd()),
                "the table was refused");
        disk.check(3, 33);
        usesForReading(disk, more);
    }

    private static void mmapOffset(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.check(3, 34);
        GuestRam file = trial.closing(new GuestRam(1L << 30, 1 << 20));
        long skipped = 3L << 12;
        Expect.that(
                disk.frontend()
                        .did(
                                FrontendRequest.ADD_MEM_REG,
                                SingleRegion.of(
                                        file.guestAddress() + skipped,
                                        file.size() - skipped,
                                        file.userAddress() + skipped,
                                        skipped),
                                file.fd()),
                "the region was refused");
        file.allocate(skipped, 1);
        usesForReading(disk, file);
    }

    private static void regionBorder(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.check(3, 35);
        byte[] wanted = disk.read(3, BLOCK);
        GuestRam low = trial.closing(disk.frontend().share(SECOND, 1 << 16));
        GuestRam high = trial.closing(disk.frontend().share(SECOND + (1 << 16), 1 << 16));
        int below = 1000;
        byte status = disk.driver()
                .request(
                        BlkRequestType.IN,
                        3 * AttachedDisk.BLOCK_SECTORS,
                        Buffer.in(high.guestAddress() - below, BLOCK));
        Expect.same(status, BlkStatus.OK, "status of a read across a border");
        byte[] seen = new byte[BLOCK];
        System.arraycopy(low.bytes(high.guestAddress() - below, below), 0, seen, 0, below);
        System.arraycopy(high.bytes(high.guestAddress(), BLOCK - below), 0, seen, below, BLOCK - below);
        Expect.same(seen, wanted, "the block across the border");
    }

    private static void highAddress(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.check(3, 36);
        usesForReading(disk, trial.closing(disk.frontend().share(0x12_3456_7000L, 1 << 16)));
    }

    private static void outside(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.check(5, 37);
        byte[] before = disk.read(5, BLOCK);
        AttachedDisk.Prepared write = disk.prepare(BlkRequestType.OUT, 5 * AttachedDisk.BLOCK_SECTORS, 0);
        disk.ring()
                .offer(List.of(
                        write.chain().get(0),
                        Buffer.out(SECOND + (1L << 40), BLOCK),
                        write.chain().get(1)));
        disk.ring().publish();
        if (disk.ring().take(Trial.WATCH_MS) != null) {
            Expect.that(disk.status(write) != BlkStatus.OK, "a write from outside of memory succeeded");
        }
        trial.leave();
        Expect.same(trial.attach().read(5, BLOCK), before, "the block of that write");
    }

    private static void tableWithoutFiles(Trial trial) {
        Frontend frontend = trial.negotiated();
        GuestRam ram = trial.closing(new GuestRam(Trial.RAM, 1 << 20));
        GuestRam more = trial.closing(new GuestRam(1L << 30, 1 << 20));
        Expect.that(
                Wire.refuses(frontend, FrontendRequest.SET_MEM_TABLE, tableOf(ram, more), ram.fd()),
                "two regions with one file were answered by 0");
        trial.servesTheNext();
    }
}
