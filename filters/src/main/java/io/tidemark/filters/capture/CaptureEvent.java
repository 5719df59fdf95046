// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

/** One slot of the capture ring. Filled by who publishes it; read, then emptied, by the capture thread. */
final class CaptureEvent {
    enum Kind {
        WRITE,
        ZERO,
        DISCARD,
        FLUSH_SUBMITTED,
        FLUSH_COMPLETED,
        TASK
    }

    Kind kind = Kind.TASK;
    /** Microseconds since 1970. */
    long time;
    /** WRITE, ZERO, DISCARD: in bytes. */
    long offset;
    /** ZERO, DISCARD: in bytes. */
    long length;
    /** WRITE: where the copy lies. */
    CopyRing copies;
    /** WRITE: the entry in {@link #copies}; FLUSH: the request's id. */
    int entry;
    /** FLUSH: by request, the write number reached when it was submitted; touched by the capture thread only. */
    long[] reached;
    /** FLUSH_COMPLETED: who waits for it to be durable, or null. */
    FlushWaits.Waiter waiter;
    /** TASK: what to do. */
    LogTask task;
}
