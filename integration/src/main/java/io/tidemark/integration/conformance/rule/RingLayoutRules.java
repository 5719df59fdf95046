// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;

import io.tidemark.integration.conformance.Check;
import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.fixture.BlkDriver;
import io.tidemark.vhost.fixture.Buffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** How a request may lie over descriptors: in any way (virtio 1.3, 2.7.4). */
final class RingLayoutRules {
    private static final String FRAMING = "virtio 1.3, 2.7.4";
    private static final String INDIRECT = "virtio 1.3, 2.7.5.3";
    private static final int BLOCK = AttachedDisk.BLOCK;

    static final List<Rule> ALL = List.of(
            must(
                    "layout/header-split",
                    FRAMING,
                    "a header may be split over descriptors",
                    with(driver -> driver.layout(buffers -> cut(buffers, 0, 5)))),
            must(
                    "layout/header-bytewise",
                    FRAMING,
                    "a header may come byte by byte",
                    with(driver -> driver.layout(buffers -> cut(buffers, 0, 1)))),
            must(
                    "layout/data-split",
                    FRAMING,
                    "data may be cut at any byte",
                    with(driver -> driver.layout(buffers -> cut(buffers, 1, 517)))),
            must(
                    "layout/header-with-data",
                    FRAMING,
                    "header and data may be in one descriptor",
                    RingLayoutRules::headerWithData),
            must(
                    "layout/status-with-data",
                    FRAMING,
                    "data and status may be in one descriptor",
                    RingLayoutRules::statusWithData),
            must(
                    "layout/odd-addresses",
                    FRAMING,
                    "header and data may lie at odd addresses",
                    with(driver -> driver.align(1))),
            must("layout/indirect", INDIRECT, "a chain may lie in an indirect table", indirect(driver -> driver)),
            must(
                    "layout/indirect-split",
                    INDIRECT,
                    "an indirect chain may be cut at any byte",
                    indirect(driver -> driver.layout(buffers -> Buffer.split(buffers, 517)))));

    private RingLayoutRules() {}

    private static Check with(UnaryOperator<BlkDriver> ways) {
        return trial -> {
            AttachedDisk disk = trial.attach();
            disk.check(ways.apply(disk.driver()), 9, 81);
        };
    }

    private static Check indirect(UnaryOperator<BlkDriver> ways) {
        return trial -> {
            AttachedDisk disk = trial.attach();
            Expect.offered(disk.has(BlkFeatures.INDIRECT_DESC), "INDIRECT_DESC");
            disk.check(ways.apply(disk.driver().indirect(true)), 9, 82);
        };
    }

    /** Cuts one of the buffers in pieces. */
    private static List<Buffer> cut(List<Buffer> buffers, int which, int piece) {
        List<Buffer> parts = new ArrayList<>(buffers.subList(0, which));
        parts.addAll(Buffer.split(buffers.subList(which, which + 1), piece));
        parts.addAll(buffers.subList(which + 1, buffers.size()));
        return parts;
    }

    private static void headerWithData(Trial trial) {
        AttachedDisk disk = trial.attach().writable();
        long message = disk.ram().allocate(BlkRequestHeader.SIZE + BLOCK, 16);
        BlkRequestHeader.put(
                disk.ram().at(message, BlkRequestHeader.SIZE), 0, BlkRequestType.OUT, 9 * AttachedDisk.BLOCK_SECTORS);
        byte[] content = AttachedDisk.noise(BLOCK, 83);
        disk.ram().at(message + BlkRequestHeader.SIZE, BLOCK).copyFrom(MemorySegment.ofArray(content));
        long status = disk.ram().allocate(1, 1);
        disk.ring().offer(List.of(Buffer.out(message, BlkRequestHeader.SIZE + BLOCK), Buffer.in(status, 1)));
        disk.ring().publish();
        disk.take();
        Expect.same(disk.read(9, BLOCK), content, "a block whose header and data were in one descriptor");
    }

    private static void statusWithData(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.check(9, 84);
        byte[] wanted = disk.read(9, BLOCK);
        AttachedDisk.Prepared read = disk.prepare(BlkRequestType.IN, 9 * AttachedDisk.BLOCK_SECTORS, 0);
        long data = disk.ram().allocate(BLOCK + 1, 1);
        disk.ram().at(data + BLOCK, 1).set(ValueLayout.JAVA_BYTE, 0, AttachedDisk.UNTOUCHED);
        disk.ring().offer(List.of(read.chain().get(0), Buffer.in(data, BLOCK + 1)));
        disk.ring().publish();
        disk.take();
        Expect.same(
                disk.ram().at(data + BLOCK, 1).get(ValueLayout.JAVA_BYTE, 0),
                BlkStatus.OK,
                "the status behind the data");
        Expect.same(disk.ram().bytes(data, BLOCK), wanted, "the data before the status");
    }
}
