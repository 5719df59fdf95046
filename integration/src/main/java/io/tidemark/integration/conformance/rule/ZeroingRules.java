// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkConfig;
import io.tidemark.vhost.blk.BlkDiscardSegment;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.fixture.Buffer;
import java.util.List;

/** Discard and write-zeroes. */
final class ZeroingRules {
    private static final String SECTION = "virtio 1.3, 5.2.6";
    private static final String DEVICE = "virtio 1.3, 5.2.6.2";
    private static final int BLOCK = AttachedDisk.BLOCK;
    private static final int SECTORS = AttachedDisk.BLOCK_SECTORS;

    static final List<Rule> ALL = List.of(
            must(
                    "discard/neighbours",
                    SECTION,
                    "a discard is done and leaves its neighbours alone",
                    ZeroingRules::discard),
            must("discard/unmap-flag", DEVICE, "a discard with the unmap flag gets UNSUPP", ZeroingRules::discardUnmap),
            must(
                    "discard/reserved-flags",
                    DEVICE,
                    "a discard with a reserved flag gets UNSUPP",
                    t -> reserved(t, true)),
            must("discard/beyond", DEVICE, "a discard behind the disk's end gets IOERR", t -> beyond(t, true)),
            should(
                    "discard/limit",
                    "virtio 1.3, 5.2.4",
                    "a discard of max_discard_sectors is done",
                    ZeroingRules::discardLimit),
            should(
                    "discard/segments",
                    "virtio 1.3, 5.2.4",
                    "a discard of max_discard_seg ranges is done",
                    ZeroingRules::discardSegments),
            must(
                    "write-zeroes/zeros",
                    SECTION,
                    "what was zeroed is read as zeros; its neighbours are kept",
                    t -> zeros(t, 0)),
            must("write-zeroes/unmap", SECTION, "the same with the unmap flag", t -> zeros(t, BlkDiscardSegment.UNMAP)),
            must("write-zeroes/reserved-flags", DEVICE, "a reserved flag gets UNSUPP", t -> reserved(t, false)),
            must("write-zeroes/beyond", DEVICE, "zeroing behind the disk's end gets IOERR", t -> beyond(t, false)),
            should(
                    "write-zeroes/cut-segment",
                    DEVICE,
                    "a range that is cut off does no harm: its status is not OK",
                    ZeroingRules::cutSegment));

    private ZeroingRules() {}

    private static AttachedDisk attach(Trial trial, boolean discard) {
        AttachedDisk disk = trial.attach();
        Expect.offered(
                disk.has(discard ? BlkFeatures.DISCARD : BlkFeatures.WRITE_ZEROES),
                discard ? "DISCARD" : "WRITE_ZEROES");
        return disk;
    }

    /** Three blocks of noise. */
    private static byte[] fill(AttachedDisk disk) {
        byte[] content = AttachedDisk.noise(3 * BLOCK, 121);
        disk.write(20, content);
        return content;
    }

    private static void neighboursKept(AttachedDisk disk) {
        byte[] content = AttachedDisk.noise(3 * BLOCK, 121);
        byte[] now = disk.read(20, 3 * BLOCK);
        Expect.that(now != null, "the blocks can't be read");
        System.arraycopy(now, BLOCK, content, BLOCK, BLOCK);
        Expect.same(now, content, "the blocks round the range");
    }

    private static void discard(Trial trial) {
        AttachedDisk disk = attach(trial, true);
        fill(disk);
        Expect.same(disk.driver().discard(21 * SECTORS, SECTORS), BlkStatus.OK, "status of a discard");
        neighboursKept(disk);
    }

    private static byte send(AttachedDisk disk, int type, long sector, int sectors, int flags) {
        long at = disk.ram().allocate(BlkDiscardSegment.SIZE, 16);
        BlkDiscardSegment.put(disk.ram().at(at, BlkDiscardSegment.SIZE), 0, sector, sectors, flags);
        return disk.driver().request(type, 0, Buffer.out(at, BlkDiscardSegment.SIZE));
    }

    private static void discardUnmap(Trial trial) {
        AttachedDisk disk = attach(trial, true);
        byte[] content = fill(disk);
        Expect.same(
                send(disk, BlkRequestType.DISCARD, 21 * SECTORS, SECTORS, BlkDiscardSegment.UNMAP),
                BlkStatus.UNSUPP,
                "status of a discard with the unmap flag");
        Expect.same(disk.read(20, 3 * BLOCK), content, "the blocks");
    }

    private static int type(boolean discard) {
        return discard ? BlkRequestType.DISCARD : BlkRequestType.WRITE_ZEROES;
    }

    private static void reserved(Trial trial, boolean discard) {
        AttachedDisk disk = attach(trial, discard);
        byte[] content = fill(disk);
        for (int flags : new int[] {2, 1 << 31}) {
            Expect.same(
                    send(disk, type(discard), 21 * SECTORS, SECTORS, flags),
                    BlkStatus.UNSUPP,
                    "status with flags 0x%x".formatted(flags));
        }
        Expect.same(disk.read(20, 3 * BLOCK), content, "the blocks");
    }

    private static void beyond(Trial trial, boolean discard) {
        AttachedDisk disk = attach(trial, discard);
        long end = disk.config().capacity();
        for (long sector : new long[] {end, end - SECTORS, -8, 1L << 55}) {
            Expect.same(
                    send(disk, type(discard), sector, 2 * SECTORS, 0),
                    BlkStatus.IOERR,
                    "status at sector " + Long.toUnsignedString(sector));
        }
        disk.check(3, 122);
    }

    private static void discardLimit(Trial trial) {
        AttachedDisk disk = attach(trial, true);
        long sectors = Math.min(
                disk.config().u32(BlkConfig.MAX_DISCARD_SECTORS), disk.config().capacity());
        Expect.same(
                send(disk, BlkRequestType.DISCARD, 0, (int) (sectors / SECTORS * SECTORS), 0),
                BlkStatus.OK,
                "status of a discard of %d sectors".formatted(sectors));
        disk.check(3, 123);
    }

    private static void discardSegments(Trial trial) {
        AttachedDisk disk = attach(trial, true);
        int segments = (int) Math.min(disk.config().u32(BlkConfig.MAX_DISCARD_SEG), 256);
        long at = disk.ram().allocate((long) segments * BlkDiscardSegment.SIZE, 16);
        for (int i = 0; i < segments; i++) {
            BlkDiscardSegment.put(
                    disk.ram().at(at, (long) segments * BlkDiscardSegment.SIZE),
                    (long) i * BlkDiscardSegment.SIZE,
                    2L * i * SECTORS,
                    SECTORS,
                    0);
        }
        byte status =
                disk.driver().request(BlkRequestType.DISCARD, 0, Buffer.out(at, segments * BlkDiscardSegment.SIZE));
        Expect.same(status, BlkStatus.OK, "status of a discard of %d ranges".formatted(segments));
    }

    private static void zeros(Trial trial, int flags) {
        AttachedDisk disk = attach(trial, false);
        fill(disk);
        Expect.same(disk.driver().writeZeroes(21 * SECTORS, SECTORS, flags), BlkStatus.OK, "the status");
        Expect.same(disk.read(21, BLOCK), new byte[BLOCK], "the zeroed block");
        neighboursKept(disk);
    }

    private static void cutSegment(Trial trial) {
        AttachedDisk disk = attach(trial, false);
        byte[] content = fill(disk);
        long at = disk.ram().allocate(BlkDiscardSegment.SIZE, 16);
        BlkDiscardSegment.put(disk.ram().at(at, BlkDiscardSegment.SIZE), 0, 21 * SECTORS, SECTORS, 0);
        byte status = disk.driver().request(BlkRequestType.WRITE_ZEROES, 0, Buffer.out(at, 12));
        Expect.that(status != BlkStatus.OK, "half a range was taken");
        Expect.same(disk.read(20, 3 * BLOCK), content, "the blocks");
    }
}
