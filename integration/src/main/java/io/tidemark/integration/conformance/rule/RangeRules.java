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
import java.util.List;

/** Requests that are not on the disk, or not made of sectors. */
final class RangeRules {
    private static final String SECTION = "virtio 1.3, 5.2.6.2";
    private static final int BLOCK = AttachedDisk.BLOCK;

    static final List<Rule> ALL = List.of(
            must("range/beyond", SECTION, "a request behind the disk's end gets IOERR", RangeRules::beyond),
            must(
                    "range/across",
                    SECTION,
                    "a request across the disk's end gets IOERR, and writes nothing",
                    RangeRules::across),
            must("range/overflow", SECTION, "sectors near 2^55 and 2^64 get IOERR", RangeRules::overflow),
            should(
                    "range/part-of-a-sector",
                    SECTION,
                    "data that is no whole number of sectors gets IOERR",
                    RangeRules::partOfASector));

    private RangeRules() {}

    /** Both ways; the ring must go on. */
    private static void refused(AttachedDisk disk, long sector, int bytes) {
        long there = disk.ram().allocate(bytes, 16);
        for (int type : new int[] {BlkRequestType.IN, BlkRequestType.OUT}) {
            boolean read = type == BlkRequestType.IN;
            byte status =
                    disk.driver().request(type, sector, read ? Buffer.in(there, bytes) : Buffer.out(there, bytes));
            Expect.same(
                    status,
                    BlkStatus.IOERR,
                    "status of a %s of %d bytes at sector %s"
                            .formatted(read ? "read" : "write", bytes, Long.toUnsignedString(sector)));
        }
    }

    private static void beyond(Trial trial) {
        AttachedDisk disk = trial.attach();
        long end = disk.config().capacity();
        refused(disk, end, BLOCK);
        refused(disk, end + 1, 512);
        refused(disk, end * 2, BLOCK);
        disk.check(3, 111);
    }

    private static void across(Trial trial) {
        AttachedDisk disk = trial.attach();
        long last = disk.config().capacity() - AttachedDisk.BLOCK_SECTORS;
        byte[] before = disk.driver().read(last, BLOCK);
        refused(disk, last, 2 * BLOCK);
        Expect.same(disk.driver().read(last, BLOCK), before, "the last block");
    }

    private static void overflow(Trial trial) {
        AttachedDisk disk = trial.attach();
        for (long sector : new long[] {-1, -8, 1L << 55, (1L << 55) - 8, 1L << 63, Long.MAX_VALUE}) {
            refused(disk, sector, BLOCK);
        }
        disk.check(3, 112);
    }

    private static void partOfASector(Trial trial) {
        AttachedDisk disk = trial.attach();
        for (int bytes : new int[] {1, 511, 513, BLOCK - 1}) {
            refused(disk, 0, bytes);
        }
        disk.check(3, 113);
    }
}
