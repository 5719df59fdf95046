// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.probe;

import io.tidemark.integration.conformance.trial.Config;
import io.tidemark.vhost.blk.BlkConfig;
import java.util.List;
import java.util.function.ToLongFunction;

/** A field of the configuration space (virtio 1.3, 5.2.4). */
record ConfigField(String name, ToLongFunction<Config> value) {
    static final List<ConfigField> ALL = List.of(
            new ConfigField("capacity (sectors)", Config::capacity),
            u32("size_max", BlkConfig.SIZE_MAX),
            u32("seg_max", BlkConfig.SEG_MAX),
            u32("blk_size", BlkConfig.BLK_SIZE),
            u8("physical_block_exp", BlkConfig.PHYSICAL_BLOCK_EXP),
            u8("alignment_offset", BlkConfig.ALIGNMENT_OFFSET),
            u16("min_io_size", BlkConfig.MIN_IO_SIZE),
            u32("opt_io_size", BlkConfig.OPT_IO_SIZE),
            u8("writeback", BlkConfig.WRITEBACK),
            u16("num_queues", BlkConfig.NUM_QUEUES),
            u32("max_discard_sectors", BlkConfig.MAX_DISCARD_SECTORS),
            u32("max_discard_seg", BlkConfig.MAX_DISCARD_SEG),
            u32("discard_sector_alignment", BlkConfig.DISCARD_SECTOR_ALIGNMENT),
            u32("max_write_zeroes_sectors", BlkConfig.MAX_WRITE_ZEROES_SECTORS),
            u32("max_write_zeroes_seg", BlkConfig.MAX_WRITE_ZEROES_SEG),
            u8("write_zeroes_may_unmap", BlkConfig.WRITE_ZEROES_MAY_UNMAP));

    private static ConfigField u32(String name, int offset) {
        return new ConfigField(name, config -> config.u32(offset));
    }

    private static ConfigField u16(String name, int offset) {
        return new ConfigField(name, config -> config.u16(offset));
    }

    private static ConfigField u8(String name, int offset) {
        return new ConfigField(name, config -> config.u8(offset));
    }
}
