// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.range;

import io.tidemark.disk.Loop;

/**
 * Makes overlapping changes of a disk queue up, first come first served; disjoint ones never wait. Shared by all loops of a
 * disk, each of which has a {@linkplain Lane lane}.
 *
 * <p>A later arrival also waits for an earlier one that is itself waiting, so nothing starves. Nothing is allocated after
 * a lane was made, and nobody blocks: the table of claims is touched for some tens of nanoseconds at a time.
 */
public final class RangeLock {
    /** Told, on the loop's thread, that a request which had to wait now holds its range. */
    @FunctionalInterface
    public interface Granted {
        void granted(int requestId);
    }

    private final SpinLatch latch = new SpinLatch();
    private final ClaimTable table = new ClaimTable();

    /** Makes a loop's own way into the lock. May be called at any time, by the loop's thread. */
    public Lane lane(Loop loop, Granted granted) {
        Lane lane = new Lane(loop, granted);
        latch.take();
        try {
            table.addLane(lane.holds);
        } finally {
            latch.free();
        }
        return lane;
    }

    /** One loop's way into the lock, used by the loop's thread only. */
    public final class Lane {
        private final Loop loop;
        private final Granted granted;
        private final Hold[] holds;
        private Hold readyFirst;
        private Hold readyLast;
        private boolean granting;

        private Lane(Loop loop, Granted granted) {
            this.loop = loop;
            this.granted = granted;
            this.holds = new Hold[loop.requests()];
            for (int id = 0; id < holds.length; id++) {
                holds[id] = new Hold(this, id);
            }
        }

        /**
         * Claims a range of at least one byte for a request. True if it is held from now on; else the request holds it when
         * {@link Granted} is told.
         */
        public boolean acquire(int requestId, long offset, long length) {
            Hold hold = holds[requestId];
            latch.take();
            hold.offset = offset;
            hold.end = offset + length;
            boolean free = table.enter(hold);
            latch.free();
            return free;
        }

        /**
         * Gives back the range that the request holds. Requests of this loop that waited for it are granted before this
         * returns (or before the outermost call returns, so that a long queue doesn't become a deep stack); those of other
         * loops on their own threads.
         */
        public void release(int requestId) {
            latch.take();
            Hold ready = table.leave(holds[requestId]);
            latch.free();
            while (ready != null) {
                Hold next = ready.nextReady;
                ready.nextReady = null;
                if (ready.lane == this) {
                    append(ready);
                } else {
                    ready.lane.loop.execute(ready.resume);
                }
                ready = next;
            }
            grantAll();
        }

        void resume(Hold hold) {
            append(hold);
            grantAll();
        }

        private void append(Hold hold) {
            if (readyFirst == null) {
                readyFirst = hold;
            } else {
                readyLast.nextReady = hold;
            }
            readyLast = hold;
        }

        private void grantAll() {
            if (granting || readyFirst == null) {
                return;
            }
            granting = true;
            while (readyFirst != null) {
                Hold hold = readyFirst;
                readyFirst = hold.nextReady;
                hold.nextReady = null;
                granted.granted(hold.id);
            }
            granting = false;
        }
    }
}
