// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.change;

import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * Told everything that changes a disk, in the one order in which it happened.
 *
 * <p>All methods are called by one thread. Data is copied (or written) before a call returns. Times are microseconds
 * since 1970 (UTC); an implementation keeps them from going backwards. Offsets and lengths are in bytes, multiples of 512.
 *
 * <p><b>Write numbers.</b> Each call of {@link #write}, {@link #zero} and {@link #discard} takes the next write number:
 * 1, 2, 3 … with no hole, over the whole life of the history. "The state at n" is the disk's content after write n.
 *
 * <p><b>Gaps and their end.</b> Between {@link #gapBegin} and {@link #gapEnd} single points are not restorable: some
 * changes were not recorded, and what the disk holds is being read back. What was read is told by {@link #syncData} and
 * {@link #syncZero}, with the position (a write number) at which its reading began: the content takes effect right after
 * that write and before all later ones, so later writes to the same place win, whatever the order of the calls. A dirty
 * copy plus the log is a clean state: from {@link #gapEnd} on every state is exact.
 */
public interface ChangeLog {
    /** Why single points are missing for a while. */
    enum GapReason {
        /** The history begins: the disk's first content is being read. */
        START,
        /** The agent was not running, or died, and the disk is read again. */
        RESTART,
        /** Protection was switched off. */
        DISABLED,
        /** Changes came faster than they could be recorded. */
        OVERLOAD,
        /** A write failed on the image, so what lies in its range is not known. */
        WRITE_ERROR,
        /** The history could not be written. */
        STORE_ERROR,
        /** Protection was paused: only the places of changes were remembered. */
        PAUSED
    }

    /** @return the write number that the write was given */
    long write(long time, long offset, MemorySegment data);

    /** Zeros were written. @return the write number */
    long zero(long time, long offset, long length);

    /** The range was discarded and reads as zeros from now on. @return the write number */
    long discard(long time, long offset, long length);

    /** The guest flushed: of the writes so far, all up to {@code covered} are on the image's stable storage. */
    void flush(long time, long covered);

    /** Names the present state. @return the write number that it names */
    long mark(long time, String name);

    /** From here on, states are not restorable, until {@link #gapEnd}. A second begin before the end is ignored. */
    void gapBegin(long time, GapReason reason);

    /**
     * As {@link #gapBegin(long, GapReason)}.
     *
     * @param whole whether the whole disk is compared or read before the gap ends; else only the places that may differ
     */
    default void gapBegin(long time, GapReason reason, boolean whole) {
        gapBegin(time, reason);
    }

    /** What the disk held in a range when it was read, at some instant not before write {@code position}. */
    void syncData(long position, long offset, MemorySegment data);

    /** As {@link #syncData}, for a range that reads as zeros. */
    void syncZero(long position, long offset, long length);

    /** From here on every state is exact again. */
    void gapEnd(long time);

    /** The last write number given, or 0. */
    long position();

    /** Makes all that was told by now durable without delay; returns at once. */
    default void commit() {
        pause();
    }

    /** The last write number that will be there whatever happens now. From any thread. */
    default long durable() {
        return position();
    }

    /**
     * A place behind all that was told by now, what was read of the disk and has no number included; for {@link #isDurable}. From any
     * thread.
     */
    default long told() {
        return position();
    }

    /** Whether all before a place will be there whatever happens now. From any thread. */
    default boolean isDurable(long told) {
        return durable() >= told;
    }

    /**
     * Waits until all before a place will be there whatever happens now. From any thread that may wait.
     *
     * @param told as {@link #told} gave it
     * @return whether it came to that in time
     * @throws RuntimeException if the log has failed, or has ended before it came to that
     */
    default boolean awaitTold(long told, Duration limit) throws InterruptedException {
        return isDurable(told);
    }

    /** Nothing more follows for the moment: a good time to pass on what has been collected. Called often. */
    void pause();
}
