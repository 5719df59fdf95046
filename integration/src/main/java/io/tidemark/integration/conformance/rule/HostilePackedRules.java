// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Check;
import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.PackedDisk;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.fixture.DriverRing;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Drivers that break the rules of packed rings; see {@link HostileDriverRules}. */
final class HostilePackedRules {
    private static final int SIZE = 16;

    static final List<Rule> ALL = List.of(
            survived("endless", "virtio 1.3, 2.8.6", "a chain that goes round the ring", disk -> {
                for (int i = 0; i < SIZE; i++) {
                    put(disk, i, header(disk), 16, i, DriverRing.NEXT);
                }
            }),
            survived("indirect-uneven", "virtio 1.3, 2.8.7", "an indirect table of 17 bytes", disk -> {
                put(disk, 0, header(disk), 17, 0, DriverRing.INDIRECT);
            }),
            survived("indirect-empty", "virtio 1.3, 2.8.7", "an indirect table of no bytes", disk -> {
                put(disk, 0, header(disk), 0, 0, DriverRing.INDIRECT);
            }),
            survived("indirect-outside", "virtio 1.3, 2.8.7", "an indirect table outside of memory", disk -> {
                put(disk, 0, 1L << 50, 32, 0, DriverRing.INDIRECT);
            }),
            survived("indirect-next", "virtio 1.3, 2.8.7", "an indirect table in the middle of a chain", disk -> {
                put(disk, 1, header(disk), 16, 0, DriverRing.INDIRECT);
                put(disk, 0, header(disk), 16, 0, DriverRing.NEXT);
            }),
            survived("id-outside", "virtio 1.3, 2.8.11", "a buffer id above the ring's size", disk -> {
                put(disk, 0, header(disk), 16, 0xfff0, 0);
            }),
            survived("random-descriptors", "virtio 1.3, 2.8.13", "descriptors of random bytes", disk -> {
                SplittableRandom random = new SplittableRandom(13);
                for (int i = 0; i < 20 * SIZE; i++) {
                    long address = random.nextBoolean() ? random.nextLong() : Trial.RAM + random.nextInt(1 << 20);
                    int length = random.nextInt(1 << random.nextInt(1, 31));
                    put(disk, i % SIZE, address, length, random.nextInt(1 << 16), random.nextInt(8));
                    disk.kick();
                }
            }));

    private HostilePackedRules() {}

    private static void put(PackedDisk disk, int index, long address, int length, int id, int flags) {
        disk.ring().descriptor(index, address, length, id, flags | PackedDisk.AVAILABLE);
    }

    /** A write request's header, to block 30. */
    private static long header(PackedDisk disk) {
        long header = disk.ram().allocate(BlkRequestHeader.SIZE, 16);
        BlkRequestHeader.put(
                disk.ram().at(header, BlkRequestHeader.SIZE), 0, BlkRequestType.OUT, 30 * AttachedDisk.BLOCK_SECTORS);
        return header;
    }

    private static Rule survived(String name, String section, String what, Consumer<PackedDisk> act) {
        Check check = trial -> {
            AttachedDisk before = trial.attach();
            before.check(30, 371);
            byte[] content = before.read(30, AttachedDisk.BLOCK);
            trial.leave();
            // The ring is as nobody has used it: what is put there is in its first lap.
            PackedDisk disk = PackedDisk.attach(trial, Trial.USUAL, SIZE);
            act.accept(disk);
            disk.kick();
            disk.ring().awaitError(Trial.WATCH_MS / 2);
            trial.leave();
            Expect.same(trial.attach().read(30, AttachedDisk.BLOCK), content, "the block that the request named");
        };
        return should("hostile-packed/" + name, section, what + ": the backend stays, and serves the next", check);
    }
}
