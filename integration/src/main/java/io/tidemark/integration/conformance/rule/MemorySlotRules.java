// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.ProtocolFeature;
import java.util.List;

/** Guest memory that comes and goes region by region. */
final class MemorySlotRules {
    private static final String ADD = "vhost-user.rst, VHOST_USER_ADD_MEM_REG";
    private static final String REMOVE = "vhost-user.rst, VHOST_USER_REM_MEM_REG";
    private static final long FIRST_FREE = 1L << 30;
    private static final int SLOT = 1 << 16;

    static final List<Rule> ALL = List.of(
            must(
                    "memory-slots/count",
                    "vhost-user.rst, VHOST_USER_GET_MAX_MEM_SLOTS",
                    "at least 8 slots: what SET_MEM_TABLE has",
                    MemorySlotRules::count),
            must("memory-slots/all", ADD, "as many regions as there are slots can be added", MemorySlotRules::all),
            should("memory-slots/one-too-many", ADD, "one region more is refused", MemorySlotRules::oneTooMany),
            must(
                    "memory-slots/add-and-remove",
                    REMOVE,
                    "a region is added and removed while a ring runs, a hundred times",
                    MemorySlotRules::addAndRemove),
            must(
                    "memory-slots/removed",
                    REMOVE,
                    "what was removed is touched no more, and the next frontend is served",
                    MemorySlotRules::removed),
            should(
                    "memory-slots/remove-with-file",
                    REMOVE,
                    "a removal that carries a file is done all the same",
                    MemorySlotRules::removeWithFile),
            should(
                    "memory-slots/remove-unknown",
                    REMOVE,
                    "an unknown region is refused",
                    MemorySlotRules::removeUnknown),
            should("memory-slots/overlap", ADD, "a region that overlaps another is refused", MemorySlotRules::overlap),
            should(
                    "memory-slots/without-file",
                    ADD,
                    "a region without a file is refused",
                    MemorySlotRules::withoutFile));

    private MemorySlotRules() {}

    private static void offered(Trial trial) {
        Expect.offered(trial.hasProtocolFeature(ProtocolFeature.CONFIGURE_MEM_SLOTS), "CONFIGURE_MEM_SLOTS");
    }

    private static AttachedDisk attach(Trial trial) {
        offered(trial);
        return trial.attach();
    }

    private static GuestRam region(Trial trial, long index) {
        return trial.closing(new GuestRam(FIRST_FREE + index * SLOT, SLOT));
    }

    private static boolean add(AttachedDisk disk, GuestRam region) {
        return disk.frontend().did(FrontendRequest.ADD_MEM_REG, region.description(), region.fd());
    }

    private static void count(Trial trial) {
        offered(trial);
        long slots = trial.negotiated().getU64(FrontendRequest.GET_MAX_MEM_SLOTS);
        Expect.that(slots >= 8, "%d slots", slots);
    }

    /** @return how many slots are filled, which is all */
    private static long fill(Trial trial, AttachedDisk disk) {
        long slots = disk.frontend().getU64(FrontendRequest.GET_MAX_MEM_SLOTS);
        for (long i = 1; i < slots; i++) {
            Expect.that(add(disk, region(trial, i)), "region %d of %d was refused", i + 1, slots);
        }
        return slots;
    }

    private static void all(Trial trial) {
        AttachedDisk disk = attach(trial);
        disk.check(3, 41);
        long slots = disk.frontend().getU64(FrontendRequest.GET_MAX_MEM_SLOTS);
        for (long i = 1; i < slots - 1; i++) {
            Expect.that(add(disk, region(trial, i)), "region %d of %d was refused", i + 1, slots);
        }
        GuestRam last = region(trial, slots - 1);
        Expect.that(add(disk, last), "region %d of %d was refused", slots, slots);
        MemoryRules.usesForReading(disk, last);
    }

    private static void oneTooMany(Trial trial) {
        AttachedDisk disk = attach(trial);
        long slots = fill(trial, disk);
        GuestRam surplus = region(trial, slots);
        Expect.that(
                Wire.refuses(disk.frontend(), FrontendRequest.ADD_MEM_REG, surplus.description(), surplus.fd()),
                "region %d of %d was answered by 0",
                slots + 1,
                slots);
        trial.servesTheNext();
    }

    private static void addAndRemove(Trial trial) {
        AttachedDisk disk = attach(trial);
        disk.check(3, 42);
        for (int i = 0; i < 100; i++) {
            try (GuestRam region = new GuestRam(FIRST_FREE, SLOT)) {
                Expect.that(add(disk, region), "a region was refused in round %d", i);
                MemoryRules.usesForReading(disk, region);
                Expect.that(
                        disk.frontend().did(FrontendRequest.REM_MEM_REG, region.description()),
                        "a removal was refused in round %d",
                        i);
            }
        }
        disk.check(3, 43);
    }

    private static void removed(Trial trial) {
        AttachedDisk disk = attach(trial);
        disk.check(3, 44);
        GuestRam region = region(trial, 0);
        Expect.that(add(disk, region), "a region was refused");
        Expect.that(disk.frontend().did(FrontendRequest.REM_MEM_REG, region.description()), "a removal was refused");
        AttachedDisk.Prepared read = disk.prepare(BlkRequestType.IN, 3 * AttachedDisk.BLOCK_SECTORS, 0);
        disk.ring()
                .offer(List.of(
                        read.chain().get(0),
                        Buffer.in(region.guestAddress(), AttachedDisk.BLOCK),
                        read.chain().get(1)));
        disk.ring().publish();
        disk.ring().take(Trial.WATCH_MS);
        Expect.same(region.bytes(region.guestAddress(), SLOT), new byte[SLOT], "the removed region");
        trial.servesTheNext();
    }

    private static void removeWithFile(Trial trial) {
        AttachedDisk disk = attach(trial);
        GuestRam region = region(trial, 0);
        Expect.that(add(disk, region), "a region was refused");
        Expect.that(
                disk.frontend().did(FrontendRequest.REM_MEM_REG, region.description(), region.fd()),
                "the removal was refused");
        disk.check(3, 45);
    }

    private static void removeUnknown(Trial trial) {
        AttachedDisk disk = attach(trial);
        Expect.that(
                Wire.refuses(
                        disk.frontend(),
                        FrontendRequest.REM_MEM_REG,
                        region(trial, 0).description()),
                "the removal of an unknown region was answered by 0");
        trial.servesTheNext();
    }

    private static void overlap(Trial trial) {
        AttachedDisk disk = attach(trial);
        GuestRam other = trial.closing(new GuestRam(Trial.RAM + SLOT, SLOT));
        Expect.that(
                Wire.refuses(disk.frontend(), FrontendRequest.ADD_MEM_REG, other.description(), other.fd()),
                "guest addresses that were taken already were answered by 0");
        trial.servesTheNext();
    }

    private static void withoutFile(Trial trial) {
        AttachedDisk disk = attach(trial);
        Expect.that(
                Wire.refuses(
                        disk.frontend(),
                        FrontendRequest.ADD_MEM_REG,
                        region(trial, 0).description()),
                "a region without a file was answered by 0");
        trial.servesTheNext();
    }
}
