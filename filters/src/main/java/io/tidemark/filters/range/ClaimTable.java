// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.range;

import java.util.Arrays;

/**
 * All claims of a disk, waiting and held, found by where they lie. Guarded by the lock's latch.
 *
 * <p>A claim of up to 1 MiB touches one or two stripes of 1 MiB and is listed under each. A longer one is listed as wide: it
 * is met by every other claim, and meets all of them; that costs more, but such requests are rare and heavy anyway.
 *
 * <p>The one rule: a claim counts the earlier claims that overlap it, and goes on when that count is zero. So it waits for
 * earlier ones only, which makes the order first come first served and deadlock impossible.
 */
final class ClaimTable {
    private static final int STRIPE_SHIFT = 20;
    private static final int BUCKETS = 512;

    private final Link[] buckets = new Link[BUCKETS];
    private final Link wide = Link.head();
    private Hold[][] lanes = new Hold[0][];
    private long tickets;
    private Hold ready;

    ClaimTable() {
        Arrays.setAll(buckets, i -> Link.head());
    }

    void addLane(Hold[] holds) {
        lanes = Arrays.copyOf(lanes, lanes.length + 1);
        lanes[lanes.length - 1] = holds;
    }

    /** Takes the claim in. True if nothing stands in its way. */
    boolean enter(Hold hold) {
        hold.ticket = ++tickets;
        hold.blockers = 0;
        meetOverlaps(hold, true);
        long from = hold.offset >> STRIPE_SHIFT;
        long to = (hold.end - 1) >> STRIPE_SHIFT;
        if (isWide(from, to)) {
            hold.first.insertBefore(wide, from);
        } else {
            hold.first.insertBefore(bucket(from), from);
            if (to != from) {
                hold.last.insertBefore(bucket(to), to);
            }
        }
        hold.entered = true;
        return hold.blockers == 0;
    }

    /** Takes the claim out. Returns a chain of claims that nothing stands in the way of any more, or null. */
    Hold leave(Hold hold) {
        hold.entered = false;
        hold.first.remove();
        hold.last.remove();
        ready = null;
        meetOverlaps(hold, false);
        return ready;
    }

    private void meetOverlaps(Hold hold, boolean arriving) {
        long from = hold.offset >> STRIPE_SHIFT;
        long to = (hold.end - 1) >> STRIPE_SHIFT;
        if (isWide(from, to)) {
            meetEverybody(hold, arriving);
            return;
        }
        meetStripe(hold, from, arriving);
        if (to != from) {
            meetStripe(hold, to, arriving);
        }
        for (Link link = wide.next; link != wide; link = link.next) {
            if (link.hold.overlaps(hold)) {
                meet(hold, link.hold, arriving);
            }
        }
    }

    private void meetStripe(Hold hold, long stripe, boolean arriving) {
        Link head = bucket(stripe);
        for (Link link = head.next; link != head; link = link.next) {
            Hold other = link.hold;
            // Two claims may share two stripes; they meet in the one where their overlap begins.
            if (link.stripe == stripe
                    && other.overlaps(hold)
                    && Math.max(hold.offset, other.offset) >> STRIPE_SHIFT == stripe) {
                meet(hold, other, arriving);
            }
        }
    }

    private void meetEverybody(Hold hold, boolean arriving) {
        for (Hold[] lane : lanes) {
            for (Hold other : lane) {
                if (other.entered && other.overlaps(hold)) {
                    meet(hold, other, arriving);
                }
            }
        }
    }

    private void meet(Hold hold, Hold other, boolean arriving) {
        if (arriving) {
            hold.blockers++;
        } else if (other.ticket > hold.ticket && --other.blockers == 0) {
            other.nextReady = ready;
            ready = other;
        }
    }

    private static boolean isWide(long fromStripe, long toStripe) {
        return toStripe - fromStripe > 1;
    }

    private Link bucket(long stripe) {
        return buckets[(int) stripe & (BUCKETS - 1)];
    }
}
