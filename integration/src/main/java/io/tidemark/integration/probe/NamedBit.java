// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.probe;

import java.util.List;

/** A bit and what the specification calls it, without its prefix. */
record NamedBit(int bit, String name) {
    /** virtio 1.3, 5.2.3 and 6; linux/vhost.h and vhost-user.rst for 26 and 30. */
    static final List<NamedBit> VIRTIO = List.of(
            new NamedBit(0, "BARRIER (legacy)"),
            new NamedBit(1, "SIZE_MAX"),
            new NamedBit(2, "SEG_MAX"),
            new NamedBit(4, "GEOMETRY"),
            new NamedBit(5, "RO"),
            new NamedBit(6, "BLK_SIZE"),
            new NamedBit(7, "SCSI (legacy)"),
            new NamedBit(9, "FLUSH"),
            new NamedBit(10, "TOPOLOGY"),
            new NamedBit(11, "CONFIG_WCE"),
            new NamedBit(12, "MQ"),
            new NamedBit(13, "DISCARD"),
            new NamedBit(14, "WRITE_ZEROES"),
            new NamedBit(15, "LIFETIME"),
            new NamedBit(16, "SECURE_ERASE"),
            new NamedBit(17, "ZONED"),
            new NamedBit(24, "NOTIFY_ON_EMPTY (legacy)"),
            new NamedBit(26, "VHOST_F_LOG_ALL"),
            new NamedBit(27, "ANY_LAYOUT (legacy)"),
            new NamedBit(28, "INDIRECT_DESC"),
            new NamedBit(29, "EVENT_IDX"),
            new NamedBit(30, "VHOST_USER_F_PROTOCOL_FEATURES"),
            new NamedBit(32, "VERSION_1"),
            new NamedBit(33, "ACCESS_PLATFORM"),
            new NamedBit(34, "RING_PACKED"),
            new NamedBit(35, "IN_ORDER"),
            new NamedBit(36, "ORDER_PLATFORM"),
            new NamedBit(37, "SR_IOV"),
            new NamedBit(38, "NOTIFICATION_DATA"),
            new NamedBit(39, "NOTIF_CONFIG_DATA"),
            new NamedBit(40, "RING_RESET"),
            new NamedBit(41, "ADMIN_VQ"));

    /** vhost-user.rst, "Protocol features". */
    static final List<NamedBit> PROTOCOL = List.of(
            new NamedBit(0, "MQ"),
            new NamedBit(1, "LOG_SHMFD"),
            new NamedBit(2, "RARP"),
            new NamedBit(3, "REPLY_ACK"),
            new NamedBit(4, "MTU"),
            new NamedBit(5, "BACKEND_REQ"),
            new NamedBit(6, "CROSS_ENDIAN"),
            new NamedBit(7, "CRYPTO_SESSION"),
            new NamedBit(8, "PAGEFAULT"),
            new NamedBit(9, "CONFIG"),
            new NamedBit(10, "BACKEND_SEND_FD"),
            new NamedBit(11, "HOST_NOTIFIER"),
            new NamedBit(12, "INFLIGHT_SHMFD"),
            new NamedBit(13, "RESET_DEVICE"),
            new NamedBit(14, "INBAND_NOTIFICATIONS"),
            new NamedBit(15, "CONFIGURE_MEM_SLOTS"),
            new NamedBit(16, "STATUS"),
            new NamedBit(17, "XEN_MMAP"),
            new NamedBit(18, "SHARED_OBJECT"),
            new NamedBit(19, "DEVICE_STATE"),
            new NamedBit(20, "GET_VRING_BASE_INFLIGHT"));

    boolean in(long bits) {
        return (bits >>> bit & 1) != 0;
    }
}
