// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Check;
import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.DriverRing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Drivers that break rules of their own. The backend may answer by an error or stop the ring, and may end the connection; it
 * stays, changes nothing on the disk, and serves the next frontend.
 */
final class HostileDriverRules {
    private static final String TABLE = "virtio 1.3, 2.7.5";
    private static final String INDIRECT = "virtio 1.3, 2.7.5.3";
    private static final String REQUEST = "virtio 1.3, 5.2.6";
    private static final int NEXT = DriverRing.NEXT;
    private static final int WRITE = DriverRing.WRITE;
    private static final int INDIRECTLY = DriverRing.INDIRECT;
    private static final int BLOCK = AttachedDisk.BLOCK;

    static final List<Rule> ALL = List.of(
            survived("loop", TABLE, "descriptors in a circle", disk -> {
                long header = header(disk);
                disk.ring().descriptor(0, header, 16, NEXT, 1);
                disk.ring().descriptor(1, header, 16, NEXT, 0);
                disk.ring().offerHead(0);
            }),
            survived("self-loop", TABLE, "a descriptor that follows itself", disk -> {
                disk.ring().descriptor(0, header(disk), 16, NEXT, 0);
                disk.ring().offerHead(0);
            }),
            survived(
                    "head-outside",
                    "virtio 1.3, 2.7.6",
                    "a head outside of the table",
                    disk -> disk.ring().offerHead(0xfff0)),
            survived("next-outside", TABLE, "a successor outside of the table", disk -> {
                disk.ring().descriptor(0, header(disk), 16, NEXT, 0x7fff);
                disk.ring().offerHead(0);
            }),
            survived("avail-ahead", "virtio 1.3, 2.7.6", "an avail index further ahead than the ring is long", disk -> {
                for (int i = 0; i < 5 * Trial.QUEUE_SIZE; i++) {
                    disk.ring().offerHead(0);
                }
            }),
            survived(
                    "no-status",
                    REQUEST,
                    "a chain without room for a status",
                    disk -> disk.ring().offer(List.of(Buffer.out(header(disk), 16), Buffer.out(header(disk), 512)))),
            survived(
                    "short-header",
                    REQUEST,
                    "a header of 7 bytes",
                    disk -> disk.ring()
                            .offer(List.of(
                                    Buffer.out(header(disk), 7),
                                    Buffer.in(disk.ram().allocate(1, 1), 1)))),
            survived(
                    "empty-buffers",
                    TABLE,
                    "buffers of no bytes",
                    disk -> disk.ring()
                            .offer(List.of(
                                    Buffer.out(header(disk), 0),
                                    Buffer.in(disk.ram().allocate(1, 1), 0)))),
            survived("read-after-write", "virtio 1.3, 2.7.4.2", "a readable buffer behind a writable one", disk -> {
                long header = header(disk);
                disk.ring().descriptor(0, header, 16, NEXT, 1);
                disk.ring().descriptor(1, disk.ram().allocate(512, 16), 512, NEXT | WRITE, 2);
                disk.ring().descriptor(2, header, 16, NEXT, 3);
                disk.ring().descriptor(3, disk.ram().allocate(1, 1), 1, WRITE, 0);
                disk.ring().offerHead(0);
            }),
            survived(
                    "long-buffer",
                    TABLE,
                    "a buffer of 4 GiB",
                    disk -> disk.ring()
                            .offer(List.of(
                                    Buffer.out(header(disk), 16),
                                    Buffer.out(Trial.RAM, -1),
                                    Buffer.in(disk.ram().allocate(1, 1), 1)))),
            survived(
                    "wrapping-buffer",
                    TABLE,
                    "a buffer across the end of the address space",
                    disk -> disk.ring()
                            .offer(List.of(
                                    Buffer.out(header(disk), 16),
                                    Buffer.out(-BLOCK, 2 * BLOCK),
                                    Buffer.in(disk.ram().allocate(1, 1), 1)))),
            survived("indirect-loop", INDIRECT, "an indirect table in a circle", disk -> {
                long table = disk.ram().allocate(32, 16);
                put(disk, table, header(disk), 16, NEXT, 1);
                put(disk, table + 16, header(disk), 16, NEXT, 0);
                disk.ring().descriptor(0, table, 32, INDIRECTLY, 0);
                disk.ring().offerHead(0);
            }),
            survived("indirect-nested", INDIRECT, "an indirect table inside of an indirect table", disk -> {
                long table = disk.ram().allocate(16, 16);
                put(disk, table, table, 16, INDIRECTLY, 0);
                disk.ring().descriptor(0, table, 16, INDIRECTLY, 0);
                disk.ring().offerHead(0);
            }),
            survived("indirect-empty", INDIRECT, "an indirect table of no bytes", disk -> {
                disk.ring().descriptor(0, header(disk), 0, INDIRECTLY, 0);
                disk.ring().offerHead(0);
            }),
            survived("indirect-uneven", INDIRECT, "an indirect table of 17 bytes", disk -> {
                disk.ring().descriptor(0, header(disk), 17, INDIRECTLY, 0);
                disk.ring().offerHead(0);
            }),
            survived("indirect-outside", INDIRECT, "an indirect table outside of memory", disk -> {
                disk.ring().descriptor(0, 1L << 50, 32, INDIRECTLY, 0);
                disk.ring().offerHead(0);
            }),
            survived("random-descriptors", TABLE, "descriptors of random bytes, three hundred times", disk -> {
                SplittableRandom random = new SplittableRandom(7);
                for (int i = 0; i < 300; i++) {
                    disk.ring()
                            .descriptor(
                                    i % Trial.QUEUE_SIZE,
                                    random.nextBoolean() ? random.nextLong() : Trial.RAM + random.nextInt(1 << 20),
                                    random.nextInt(1 << random.nextInt(1, 31)),
                                    random.nextInt(8),
                                    random.nextInt(2 * Trial.QUEUE_SIZE));
                    disk.ring().offerHead(random.nextInt(Trial.QUEUE_SIZE));
                    disk.ring().publish();
                }
            }));

    private HostileDriverRules() {}

    /** A write request's header, to block 30. */
    private static long header(AttachedDisk disk) {
        long header = disk.ram().allocate(BlkRequestHeader.SIZE, 16);
        BlkRequestHeader.put(
                disk.ram().at(header, BlkRequestHeader.SIZE), 0, BlkRequestType.OUT, 30 * AttachedDisk.BLOCK_SECTORS);
        return header;
    }

    private static void put(AttachedDisk disk, long at, long address, int length, int flags, int next) {
        MemorySegment entry = disk.ram().at(at, 16);
        entry.set(ValueLayout.JAVA_LONG, 0, address);
        entry.set(ValueLayout.JAVA_INT, 8, length);
        entry.set(ValueLayout.JAVA_SHORT, 12, (short) flags);
        entry.set(ValueLayout.JAVA_SHORT, 14, (short) next);
    }

    private static Rule survived(String name, String section, String what, Consumer<AttachedDisk> act) {
        return should("hostile-driver/" + name, section, what + ": the backend stays, and serves the next", check(act));
    }

    private static Check check(Consumer<AttachedDisk> act) {
        return trial -> {
            AttachedDisk disk = trial.attach();
            disk.check(30, 131);
            byte[] before = disk.read(30, BLOCK);
            act.accept(disk);
            disk.ring().publish();
            disk.ring().kick();
            disk.ring().awaitError(Trial.WATCH_MS / 2);
            trial.leave();
            AttachedDisk next = trial.attach();
            Expect.same(next.read(30, BLOCK), before, "the block that the request named");
            next.check(31, 132);
        };
    }
}
