// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent;

import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.config.ProtectionWish;
import io.tidemark.agent.history.RetentionOrder;
import io.tidemark.agent.history.RetentionReport;
import io.tidemark.agent.metrics.QueueSnapshot;
import io.tidemark.agent.status.DiskStatus;
import io.tidemark.agent.status.MarkStatus;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.agent.status.ThrottleStatus;
import io.tidemark.filters.protect.Protection;
import io.tidemark.filters.throttle.Limits;
import io.tidemark.vhost.VhostServer;
import java.util.List;
import java.util.Optional;

/**
 * A disk whose socket listens: what the agent and its control API know of a disk.
 *
 * <p>All methods may be called from any thread, and block until the answer is there.
 */
public interface ServedDisk extends AutoCloseable {
    /** Opens disks, one after the other. */
    @FunctionalInterface
    interface Opener {
        /**
         * Opens the image and the store, and listens. Whatever was opened is closed again when this fails.
         *
         * @throws AgentException if the disk can't be served
         * @throws io.tidemark.disk.ImageException if the image can't be opened
         */
        ServedDisk open(DiskConfig config);
    }

    DiskConfig config();

    DiskStatus status();

    /**
     * Gives the present state of the disk a name in its history, and waits until the store has it, but not for long.
     *
     * @throws AgentException REFUSED if the disk is not protected, IO if the history doesn't take the mark or loses it
     */
    MarkStatus mark(String name);

    /**
     * Has the newest mark of a name survive every rule of retention, or takes that back.
     *
     * @throws AgentException REFUSED if the disk has no history that is being written, NOT_FOUND
     */
    void lockMark(String name, boolean locked);

    /**
     * Sets what is kept of its history, and takes away what goes by that.
     *
     * @throws AgentException REFUSED if the disk has no history that is being written, USAGE
     */
    RetentionReport retain(RetentionOrder order);

    /** What an order would take away. */
    RetentionReport previewRetention(RetentionOrder order);

    /**
     * Begins, ends or pauses the disk's history under its guest. What is so already stays so.
     *
     * @throws AgentException if it can't be done, and then nothing is changed; IO also if the store doesn't answer in time,
     *     and then it is done when it does
     */
    void protect(ProtectionWish wish);

    /** What records its changes now, for marks over several disks; empty for one without a store. */
    Optional<Protection> protection();

    /** What was wished while it was served; empty, if its configuration holds. */
    Optional<ProtectionWish> protectionSet();

    /**
     * Lets the disk do so much from now on, until it is set anew.
     *
     * @return what it is now
     */
    ThrottleStatus throttle(Limits limits);

    /**
     * Begins to bring the disk back to a point, in place, while no guest uses it.
     *
     * @param point as {@code tidemark restore --at} has it
     * @throws AgentException REFUSED while a guest uses it or its history isn't exact; NOT_FOUND for a point that isn't there
     */
    RestoreStatus restore(String point);

    /** How the last restore in place stands. */
    RestoreStatus restoring();

    /** What each queue has counted; at least one. */
    List<QueueSnapshot> queues();

    /** System.nanoTime when they were started. */
    long startedNanos();

    /** The limits that were set while it was served; empty, if those of its configuration hold. */
    Optional<Limits> limitsSet();

    /**
     * Makes the disk larger under its guest, which is told; or takes note that its device has become larger.
     *
     * @param capacity in bytes, no less than it has
     * @throws AgentException REFUSED if that isn't possible
     */
    void resize(long capacity);

    /**
     * Stands still between two messages of the frontend, so that another process can take the disk over.
     *
     * @throws AgentException REFUSED if that isn't possible now
     */
    VhostServer.Pause pause();

    /** The image's open files; see {@link io.tidemark.disk.Image#descriptors}. */
    int[] imageDescriptors();

    /** No request is on its way: another agent may go on with the image; see {@link io.tidemark.disk.Image#handOver}. */
    void handOverImage();

    /** It doesn't after all: this one goes on with it. */
    void goOnWithImage();

    /**
     * Another agent may write to the image from now on, or not any more: whether this one's notes of what the history lacks are
     * worth anything at its end.
     *
     * @throws AgentException if another one may not, because that can't be noted
     */
    void shared(boolean withOthers);

    /**
     * Another agent has it for good, and gets this one's notes of what the history lacks.
     *
     * @param heir the number that it was told, and by which it knows that they are for it
     */
    void handedOver(int heir);

    /** Whether the image is this agent's to use; not while its guest is on another host. */
    boolean holdsImage();

    /** Stops the queues, drains the capture, closes the history with a clean end, and removes the socket. */
    @Override
    void close();
}
