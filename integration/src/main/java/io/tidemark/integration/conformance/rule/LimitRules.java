// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Check;
import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.Config;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkConfig;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.ProtocolFeature;
import java.util.List;
import java.util.function.Consumer;

/** Values of the configuration space that drivers go by (virtio 1.3, 5.2.4). */
final class LimitRules {
    private static final String LAYOUT = "virtio 1.3, 5.2.4";

    static final List<Rule> ALL = List.of(
            must("limits/capacity", LAYOUT, "the capacity is not 0", LimitRules::capacity),
            must(
                    "limits/queues-at-most",
                    "virtio 1.3, 5.2.4; vhost-user.rst, VHOST_USER_GET_QUEUE_NUM",
                    "num_queues is at least 1 and not above what GET_QUEUE_NUM says",
                    LimitRules::queuesAtMost),
            should(
                    "limits/queues-agree",
                    "virtio 1.3, 5.2.4; vhost-user.rst, VHOST_USER_GET_QUEUE_NUM",
                    "num_queues is what GET_QUEUE_NUM says",
                    LimitRules::queuesAgree),
            must(
                    "limits/block-size",
                    LAYOUT,
                    "blk_size is a power of two from 512 on, and the capacity a multiple of it",
                    with(BlkFeatures.BLK_SIZE, "BLK_SIZE", LimitRules::blockSize)),
            should(
                    "limits/size-max",
                    LAYOUT,
                    "size_max, where it is offered, is at least a page: Linux takes 0 for 4 KiB",
                    with(BlkFeatures.SIZE_MAX, "SIZE_MAX", c -> atLeast(c, "size_max", BlkConfig.SIZE_MAX, 4096))),
            should(
                    "limits/seg-max",
                    LAYOUT,
                    "seg_max, where it is offered, is at least 1",
                    with(BlkFeatures.SEG_MAX, "SEG_MAX", c -> atLeast(c, "seg_max", BlkConfig.SEG_MAX, 1))),
            should(
                    "limits/discard",
                    LAYOUT,
                    "the limits of discards are not 0: Windows Server 2025 crashes on that",
                    with(BlkFeatures.DISCARD, "DISCARD", c -> {
                        atLeast(c, "max_discard_sectors", BlkConfig.MAX_DISCARD_SECTORS, 1);
                        atLeast(c, "max_discard_seg", BlkConfig.MAX_DISCARD_SEG, 1);
                        atLeast(c, "discard_sector_alignment", BlkConfig.DISCARD_SECTOR_ALIGNMENT, 1);
                    })),
            should(
                    "limits/write-zeroes",
                    LAYOUT,
                    "the limits of write-zeroes are not 0",
                    with(BlkFeatures.WRITE_ZEROES, "WRITE_ZEROES", c -> {
                        atLeast(c, "max_write_zeroes_sectors", BlkConfig.MAX_WRITE_ZEROES_SECTORS, 1);
                        atLeast(c, "max_write_zeroes_seg", BlkConfig.MAX_WRITE_ZEROES_SEG, 1);
                        int unmap = c.u8(BlkConfig.WRITE_ZEROES_MAY_UNMAP);
                        Expect.that(unmap <= 1, "write_zeroes_may_unmap is %d", unmap);
                    })),
            should(
                    "limits/topology",
                    LAYOUT,
                    "opt_io_size, where it is given, is a multiple of min_io_size",
                    with(BlkFeatures.TOPOLOGY, "TOPOLOGY", LimitRules::topology)));

    private LimitRules() {}

    private static Check with(long feature, String name, Consumer<Config> check) {
        return trial -> {
            Frontend frontend = trial.negotiated();
            Expect.offered(BlkFeatures.has(frontend.features(), feature), name);
            check.accept(Config.of(frontend));
        };
    }

    private static void atLeast(Config config, String name, int field, long least) {
        Expect.that(config.u32(field) >= least, "%s is %d", name, config.u32(field));
    }

    private static void capacity(Trial trial) {
        Expect.that(Config.of(trial.negotiated()).capacity() != 0, "the capacity is 0");
    }

    private static void queuesAtMost(Trial trial) {
        queues(trial, false);
    }

    private static void queuesAgree(Trial trial) {
        queues(trial, true);
    }

    private static void queues(Trial trial, boolean equal) {
        Expect.offered(trial.hasProtocolFeature(ProtocolFeature.MQ), "protocol feature MQ");
        Frontend frontend = trial.negotiated();
        Expect.offered(BlkFeatures.has(frontend.features(), BlkFeatures.MQ), "MQ");
        long backend = frontend.getU64(FrontendRequest.GET_QUEUE_NUM);
        int device = Config.of(frontend).u16(BlkConfig.NUM_QUEUES);
        Expect.that(
                device >= 1 && (equal ? device == backend : device <= backend),
                "num_queues is %d, GET_QUEUE_NUM says %d",
                device,
                backend);
    }

    private static void blockSize(Config config) {
        long size = config.u32(BlkConfig.BLK_SIZE);
        Expect.that(size >= 512 && Long.bitCount(size) == 1, "blk_size is %d", size);
        Expect.same(config.capacity() * 512 % size, 0, "the remainder of the capacity");
    }

    private static void topology(Config config) {
        long least = config.u16(BlkConfig.MIN_IO_SIZE);
        long best = config.u32(BlkConfig.OPT_IO_SIZE);
        Expect.that(best == 0 || least == 0 || best % least == 0, "opt_io_size is %d, min_io_size %d", best, least);
    }
}
