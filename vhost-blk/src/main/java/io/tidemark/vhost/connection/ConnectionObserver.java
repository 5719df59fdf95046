// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

/** Is told about the frontend of a disk, on the connection's thread; must return soon and not throw. */
public interface ConnectionObserver {
    /** Sees nothing. */
    ConnectionObserver NONE = new ConnectionObserver() {};

    default void connected() {}

    /** Driver and frontend took these virtio features ({@link io.tidemark.vhost.blk.BlkFeatures}). */
    default void negotiated(long features) {}

    /** The frontend left or was let go; its rings are stopped, its memory is unmapped. */
    default void disconnected(String reason) {}
}
