// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.blkio;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One queue: requests are put in with a tag of the caller's, {@link #submitAndReap} sends them and takes what is done.
 *
 * <p>One thread. Nothing is allocated per request. Addresses are native ones, in memory of {@link BlkioDisk#allocate}.
 */
public final class BlkioQueue {
    private final long queue;
    private final int limit;
    private final MemorySegment completions;

    BlkioQueue(long queue, int limit, Arena arena) {
        this.queue = queue;
        this.limit = limit;
        this.completions = arena.allocate(BlkioLayout.COMPLETION_SIZE * limit, Long.BYTES);
    }

    public void read(long offset, long address, long length, long tag) {
        try {
            LibBlkio.READ.invokeExact(queue, offset, address, length, tag, 0);
        } catch (Throwable e) {
            throw LibBlkio.unexpected(e);
        }
    }

    public void write(long offset, long address, long length, long tag) {
        try {
            LibBlkio.WRITE.invokeExact(queue, offset, address, length, tag, 0);
        } catch (Throwable e) {
            throw LibBlkio.unexpected(e);
        }
    }

    public void writeZeroes(long offset, long length, long tag) {
        try {
            LibBlkio.WRITE_ZEROES.invokeExact(queue, offset, length, tag, 0);
        } catch (Throwable e) {
            throw LibBlkio.unexpected(e);
        }
    }

    public void discard(long offset, long length, long tag) {
        try {
            LibBlkio.DISCARD.invokeExact(queue, offset, length, tag, 0);
        } catch (Throwable e) {
            throw LibBlkio.unexpected(e);
        }
    }

    public void flush(long tag) {
        try {
            LibBlkio.FLUSH.invokeExact(queue, tag, 0);
        } catch (Throwable e) {
            throw LibBlkio.unexpected(e);
        }
    }

    /**
     * Sends what was put in, and waits for at least {@code min} completions (0: just looks).
     *
     * @return how many completions there are; see {@link #tag} and {@link #result}
     */
    public int submitAndReap(int min) {
        int done;
        try {
            done = (int) LibBlkio.DO_IO.invokeExact(queue, completions, min, limit, MemorySegment.NULL);
        } catch (Throwable e) {
            throw LibBlkio.unexpected(e);
        }
        if (done < 0) {
            throw new BlkioException("libblkio: do_io: " + LibBlkio.errorMessage());
        }
        return done;
    }

    /** As {@link #submitAndReap}, with a limit on the waiting; fewer than {@code min} means that it was reached. */
    public int submitAndReap(int min, long timeoutNanos) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment timeout = arena.allocate(16, Long.BYTES);
            timeout.set(JAVA_LONG, 0, timeoutNanos / 1_000_000_000);
            timeout.set(JAVA_LONG, 8, timeoutNanos % 1_000_000_000);
            int done = (int) LibBlkio.DO_IO.invokeExact(queue, completions, min, limit, timeout);
            // -ETIME, with what is done left for the next call.
            return done == -62 ? 0 : done;
        } catch (Throwable e) {
            throw LibBlkio.unexpected(e);
        }
    }

    /** The tag of completion {@code i} of the last {@link #submitAndReap}. */
    public long tag(int i) {
        return completions.get(JAVA_LONG, i * BlkioLayout.COMPLETION_SIZE + BlkioLayout.COMPLETION_USER_DATA);
    }

    /** 0, or a negative errno. */
    public int result(int i) {
        return completions.get(JAVA_INT, i * BlkioLayout.COMPLETION_SIZE + BlkioLayout.COMPLETION_RET);
    }

    /** The eventfd that becomes readable on completions, once asked for. */
    public int completionFd() {
        try {
            LibBlkio.COMPLETION_FD_ENABLED.invokeExact(queue, (byte) 1);
            return (int) LibBlkio.COMPLETION_FD.invokeExact(queue);
        } catch (Throwable e) {
            throw LibBlkio.unexpected(e);
        }
    }
}
