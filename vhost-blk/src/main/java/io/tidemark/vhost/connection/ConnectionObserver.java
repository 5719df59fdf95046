// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

/** Is told about the frontend of a disk, on the connection's thread; must return soon and not throw, unless its method says so. */
public interface ConnectionObserver {
    /** Sees nothing. */
    ConnectionObserver NONE = new ConnectionObserver() {};

    default void connected() {}

    /** Driver and frontend took these virtio features ({@link io.tidemark.vhost.blk.BlkFeatures}). */
    default void negotiated(long features) {}

    /**
     * The first ring is going to be served; may take a moment.
     *
     * @throws io.tidemark.vhost.VhostException when the disk can't be had now: the ring isn't started
     */
    default void starting() {}

    /**
     * The last ring was stopped, of a guest whose memory is being moved: it goes on elsewhere, or soon here again. The frontend
     * waits until this returns.
     */
    default void moved() {}

    /** The frontend left or was let go; its rings are stopped, its memory is unmapped. */
    default void disconnected(String reason) {}
}
