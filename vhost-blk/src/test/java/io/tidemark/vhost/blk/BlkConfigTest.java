// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.Geometry;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class BlkConfigTest {
    private static final Geometry GEOMETRY = new Geometry(1L << 30, 512, 4096, false, 16 << 20, 1L << 50);

    @Test
    void isLaidOutAsTheSpecificationSays() {
        assertThat(HexFormat.of().formatHex(BlkConfig.of(GEOMETRY, 4, true)))
                .isEqualTo(
                        "0000200000000000" // capacity: 2 Mi sectors
                                + "00004000" // size_max: 4 MiB
                                + "7e000000" // seg_max: 126
                                + "00000000" // geometry
                                + "00020000" // blk_size: 512
                                + "03" + "00" + "0800" + "00000000" // topology: 8 blocks
                                + "01" + "00" // wce
                                + "0400" // num_queues
                                + "00800000" + "20000000" + "01000000" // discard: 32768 sectors, 32 ranges, alignment 1
                                + "ffffff7f" + "20000000" // write-zeroes
                                + "01" + "000000"); // may unmap
    }

    @Test
    void offersDiscardOnlyWhereItWorks() {
        long all = BlkFeatures.offered(GEOMETRY);
        assertThat(all & (BlkFeatures.DISCARD | BlkFeatures.WRITE_ZEROES))
                .isEqualTo(BlkFeatures.DISCARD | BlkFeatures.WRITE_ZEROES);
        assertThat(all & BlkFeatures.RO).isZero();

        Geometry plain = new Geometry(1 << 20, 4096, 4096, false, 0, 4095);
        assertThat(BlkFeatures.offered(plain) & (BlkFeatures.DISCARD | BlkFeatures.WRITE_ZEROES))
                .isZero();
        assertThat(BlkConfig.of(plain, 1, false)).endsWith(new byte[BlkConfig.SIZE - BlkConfig.MAX_DISCARD_SECTORS]);

        Geometry readOnly = new Geometry(1 << 20, 512, 512, true, 1 << 20, 1 << 20);
        assertThat(BlkFeatures.offered(readOnly) & BlkFeatures.RO).isNotZero();
        assertThat(BlkFeatures.offered(readOnly) & BlkFeatures.DISCARD).isZero();
    }

    @Test
    void cachesWritesOnlyForDriversThatFlush() {
        BlkDevice device = new BlkDevice(GEOMETRY, 1);
        assertThat(device.mayCacheWrites()).isFalse();
        device.negotiated(BlkFeatures.FLUSH);
        assertThat(device.mayCacheWrites()).isTrue();
        device.negotiated(BlkFeatures.FLUSH | BlkFeatures.CONFIG_WCE);
        assertThat(device.mayCacheWrites()).isTrue();
        assertThat(device.config(BlkConfig.WRITEBACK, new byte[] {0})).isTrue();
        assertThat(device.mayCacheWrites()).isFalse();
        assertThat(device.config(BlkConfig.WRITEBACK, 1)).containsExactly(0);
        device.negotiated(BlkFeatures.FLUSH);
        assertThat(device.config(BlkConfig.WRITEBACK, new byte[] {1})).isFalse();
    }

    @Test
    void onlyTheWriteCacheCanBeWritten() {
        BlkDevice device = new BlkDevice(GEOMETRY, 1);
        device.negotiated(BlkFeatures.FLUSH | BlkFeatures.CONFIG_WCE);
        byte[] all = device.config(0, BlkConfig.SIZE);
        assertThat(device.config(0, all)).isTrue();
        all[BlkConfig.WRITEBACK] = 2;
        assertThat(device.config(0, all)).isFalse();
        all[BlkConfig.WRITEBACK] = 0;
        assertThat(device.config(0, all)).isTrue();
        all[BlkConfig.CAPACITY]++;
        assertThat(device.config(0, all)).isFalse();
        assertThat(device.config(200, new byte[4])).isTrue();
        assertThat(device.config(200, new byte[] {1})).isFalse();
        assertThat(device.config(50, 206)).hasSize(206);
    }
}
