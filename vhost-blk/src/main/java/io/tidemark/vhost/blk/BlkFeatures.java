// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.blk;

import io.tidemark.disk.Geometry;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Feature bits (virtio 1.3, 5.2.3 for the block device, 6 for the rest). */
public final class BlkFeatures {
    public static final long SIZE_MAX = 1L << 1;
    public static final long SEG_MAX = 1L << 2;
    public static final long RO = 1L << 5;
    public static final long BLK_SIZE = 1L << 6;
    public static final long FLUSH = 1L << 9;
    public static final long TOPOLOGY = 1L << 10;
    public static final long CONFIG_WCE = 1L << 11;
    public static final long MQ = 1L << 12;
    public static final long DISCARD = 1L << 13;
    public static final long WRITE_ZEROES = 1L << 14;

    /** VHOST_F_LOG_ALL: what is written into guest memory is marked in a log; not the guest's business. */
    public static final long LOG_ALL = 1L << 26;

    public static final long INDIRECT_DESC = 1L << 28;
    public static final long EVENT_IDX = 1L << 29;

    /** VHOST_USER_F_PROTOCOL_FEATURES, vhost-user.rst; not the guest's business. */
    public static final long PROTOCOL_FEATURES = 1L << 30;

    public static final long VERSION_1 = 1L << 32;
    public static final long RING_PACKED = 1L << 34;

    private static final long ALWAYS = SIZE_MAX
            | SEG_MAX
            | BLK_SIZE
            | FLUSH
            | TOPOLOGY
            | CONFIG_WCE
            | MQ
            | LOG_ALL
            | INDIRECT_DESC
            | EVENT_IDX
            | PROTOCOL_FEATURES
            | VERSION_1
            | RING_PACKED;

    private static final SortedMap<Long, String> NAMES = new TreeMap<>(Map.of(
            SIZE_MAX, "SIZE_MAX",
            SEG_MAX, "SEG_MAX",
            RO, "RO",
            BLK_SIZE, "BLK_SIZE",
            FLUSH, "FLUSH",
            TOPOLOGY, "TOPOLOGY",
            CONFIG_WCE, "CONFIG_WCE",
            MQ, "MQ",
            DISCARD, "DISCARD",
            WRITE_ZEROES, "WRITE_ZEROES"));

    static {
        NAMES.putAll(Map.of(
                INDIRECT_DESC, "INDIRECT_DESC",
                EVENT_IDX, "EVENT_IDX",
                VERSION_1, "VERSION_1",
                RING_PACKED, "RING_PACKED"));
    }

    private BlkFeatures() {}

    /** What is offered for an image. Discard and write-zeroes only with limits that aren't zero: some guests crash. */
    public static long offered(Geometry geometry) {
        long features = ALWAYS;
        if (geometry.readOnly()) {
            return features | RO;
        }
        if (BlkLimits.discardSectors(geometry) > 0) {
            features |= DISCARD;
        }
        if (BlkLimits.writeZeroesSectors(geometry) > 0) {
            features |= WRITE_ZEROES;
        }
        return features;
    }

    /** The names of the virtio features in a set, as the specification has them without their prefix. */
    public static List<String> names(long features) {
        return NAMES.entrySet().stream()
                .filter(named -> has(features, named.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    public static boolean has(long features, long bit) {
        return (features & bit) != 0;
    }
}
