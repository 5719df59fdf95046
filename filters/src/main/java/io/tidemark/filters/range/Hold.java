// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.range;

/** One request's claim on a range, waiting or held. All fields are guarded by the lock's latch, but for the finals. */
final class Hold {
    final RangeLock.Lane lane;
    final int id;
    final Link first = new Link(this);
    final Link last = new Link(this);
    /** Posted to the lane's loop when another loop's release lets this one go on. */
    final Runnable resume;

    long offset;
    long end;
    /** The order of arrival. */
    long ticket;
    /** Whether the claim is in the table, waiting or held. */
    boolean entered;
    /** How many earlier, overlapping claims are still in the table. */
    int blockers;
    /** Chains holds that may go on; used by the one who released. */
    Hold nextReady;

    Hold(RangeLock.Lane lane, int id) {
        this.lane = lane;
        this.id = id;
        this.resume = () -> lane.resume(this);
    }

    boolean overlaps(Hold other) {
        return offset < other.end && other.offset < end;
    }
}
