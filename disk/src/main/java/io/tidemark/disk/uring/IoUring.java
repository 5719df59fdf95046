// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.uring;

import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * One io_uring (io_uring(7)): operations are prepared into the submission queue, handed to the kernel by {@link #enter},
 * and their completions dispatched by {@link #reap}.
 *
 * <p>Confined to the thread that makes it. None of the methods between creation and {@link #close} allocates.
 */
public final class IoUring implements AutoCloseable {
    private static final int ENTER_GETEVENTS = 1;
    private static final int SQ_CQ_OVERFLOW = 1 << 1;
    private static final int SQ_TASKRUN = 1 << 2;
    private static final int REGISTER_IOWQ_MAX_WORKERS = 19;
    private static final int MAX_TARGETS = 128;

    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

    /** Best first; each kernel takes the first that it knows. All of these assume one thread per ring. */
    private static final int[] SETUPS = {
        RingParameters.SETUP_SINGLE_ISSUER | RingParameters.SETUP_DEFER_TASKRUN | RingParameters.SETUP_TASKRUN_FLAG,
        RingParameters.SETUP_COOP_TASKRUN | RingParameters.SETUP_TASKRUN_FLAG,
        0
    };

    private final Arena arena = Arena.ofConfined();
    private final RingCalls calls = new RingCalls(arena);
    private final int fd;
    private final MemorySegment rings;
    private final MemorySegment entries;

    private final int sqEntries;
    private final int sqMask;
    private final long sqHead;
    private final long sqTail;
    private final long sqFlags;
    private final int cqMask;
    private final long cqHead;
    private final long cqTail;
    private final long cqes;

    private final CompletionTarget[] targets = new CompletionTarget[MAX_TARGETS];
    private final int nobody;
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1);
    private int targetCount;
    private int preparedTail;
    private int submittedTail;
    private int completionHead;

    /**
     * @param size how many operations can be prepared between two {@link #enter}s before one happens by itself
     * @param inFlight how many operations will be on their way at once at the most
     * @throws IllegalStateException where the kernel refuses, with the reason
     */
    public IoUring(int size, int inFlight) {
        MemorySegment parameters = arena.allocate(RingParameters.SIZE, 8);
        this.fd = setup(size, inFlight, parameters);
        if ((parameters.get(ValueLayout.JAVA_INT, RingParameters.FEATURES) & RingParameters.FEATURE_SINGLE_MMAP) == 0) {
            throw new IllegalStateException("this kernel's io_uring is too old: Linux 5.11 or later is needed");
        }
        sqEntries = parameters.get(ValueLayout.JAVA_INT, RingParameters.SQ_ENTRIES);
        int cqEntries = parameters.get(ValueLayout.JAVA_INT, RingParameters.CQ_ENTRIES);
        sqHead = parameters.get(ValueLayout.JAVA_INT, RingParameters.SQ_HEAD);
        sqTail = parameters.get(ValueLayout.JAVA_INT, RingParameters.SQ_TAIL);
        sqFlags = parameters.get(ValueLayout.JAVA_INT, RingParameters.SQ_FLAGS);
        cqHead = parameters.get(ValueLayout.JAVA_INT, RingParameters.CQ_HEAD);
        cqTail = parameters.get(ValueLayout.JAVA_INT, RingParameters.CQ_TAIL);
        cqes = parameters.get(ValueLayout.JAVA_INT, RingParameters.CQ_CQES);
        long sqArray = parameters.get(ValueLayout.JAVA_INT, RingParameters.SQ_ARRAY);
        long size0 = Math.max(sqArray + sqEntries * 4L, cqes + (long) cqEntries * CompletionEntry.SIZE);
        rings = NativeMemory.sharedPopulated(fd, RingParameters.MMAP_RINGS, size0);
        entries = NativeMemory.sharedPopulated(fd, RingParameters.MMAP_SQES, (long) sqEntries * SubmissionEntry.SIZE);
        sqMask = rings.get(ValueLayout.JAVA_INT, parameters.get(ValueLayout.JAVA_INT, RingParameters.SQ_RING_MASK));
        cqMask = rings.get(ValueLayout.JAVA_INT, parameters.get(ValueLayout.JAVA_INT, RingParameters.CQ_RING_MASK));
        // Entry i of the ring is always submission entry i, so the indirection is written once.
        for (int i = 0; i < sqEntries; i++) {
            rings.set(ValueLayout.JAVA_INT, sqArray + i * 4L, i);
        }
        nobody = register((token, result, more) -> {});
    }

    private int setup(int size, int inFlight, MemorySegment parameters) {
        int result = 0;
        for (int flags : SETUPS) {
            parameters.fill((byte) 0);
            parameters.set(
                    ValueLayout.JAVA_INT,
                    RingParameters.FLAGS,
                    flags | RingParameters.SETUP_CQSIZE | RingParameters.SETUP_CLAMP | RingParameters.SETUP_SUBMIT_ALL);
            parameters.set(ValueLayout.JAVA_INT, RingParameters.CQ_ENTRIES, Math.max(2 * size, 2 * inFlight));
            result = calls.setup(size, parameters);
            if (result >= 0) {
                return result;
            }
            if (result != -Errno.EINVAL) {
                break;
            }
        }
        throw new IllegalStateException("the kernel refuses an io_uring: " + Libc.describe(-result)
                + "; check /proc/sys/kernel/io_uring_disabled and the limit on locked memory");
    }

    /**
     * Adds somebody who prepares operations.
     *
     * @return the number to prepare operations with, so that their completions reach the target
     */
    public int register(CompletionTarget target) {
        targets[targetCount] = target;
        return targetCount++;
    }

    /**
     * Prepares an operation. When the submission queue is full the prepared ones are handed to the kernel first.
     *
     * @param flags the operation's own flags (rw_flags, fsync_flags)
     * @param target who is told of the completion
     * @param token passed to the target
     */
    public void prepare(int opcode, int file, long address, int length, long offset, int flags, int target, int token) {
        prepare(opcode, 0, file, address, length, offset, flags, target, token);
    }

    /** Like {@link #prepare}, but the operation is left to a worker thread of the kernel from the beginning. */
    public void prepareForWorker(
            int opcode, int file, long address, int length, long offset, int flags, int target, int token) {
        prepare(opcode, SubmissionEntry.ASYNC, file, address, length, offset, flags, target, token);
    }

    private void prepare(
            int opcode, int how, int file, long address, int length, long offset, int flags, int target, int token) {
        if (preparedTail - (int) INT.getAcquire(rings, sqHead) == sqEntries) {
            enter(0);
        }
        long at = (long) (preparedTail & sqMask) * SubmissionEntry.SIZE;
        entries.set(ValueLayout.JAVA_LONG, at + SubmissionEntry.HEAD, SubmissionEntry.head(opcode, how, file));
        entries.set(ValueLayout.JAVA_LONG, at + SubmissionEntry.OFFSET, offset);
        entries.set(ValueLayout.JAVA_LONG, at + SubmissionEntry.ADDRESS, address);
        entries.set(
                ValueLayout.JAVA_LONG,
                at + SubmissionEntry.LENGTH_AND_FLAGS,
                SubmissionEntry.lengthAndFlags(length, flags));
        entries.set(ValueLayout.JAVA_LONG, at + SubmissionEntry.USER_DATA, userData(target, token));
        entries.set(ValueLayout.JAVA_LONG, at + SubmissionEntry.REST, 0);
        entries.set(ValueLayout.JAVA_LONG, at + SubmissionEntry.REST + 8, 0);
        entries.set(ValueLayout.JAVA_LONG, at + SubmissionEntry.REST + 16, 0);
        preparedTail++;
    }

    /** Prepares to be told, again and again, when the file becomes readable, until {@link #preparePollRemove}. */
    public void preparePoll(int file, int target, int token) {
        prepare(Opcode.POLL_ADD, file, 0, Opcode.POLL_ADD_MULTI, 0, Opcode.POLLIN, target, token);
    }

    /** Prepares the end of a poll; its last completion is an error that says so. The removal's own completion is dropped. */
    public void preparePollRemove(int target, int token) {
        prepare(Opcode.POLL_REMOVE, -1, userData(target, token), 0, 0, 0, nobody, 0);
    }

    /** Prepares a write of the number 1 to an eventfd; nobody is told how it went. */
    public void prepareSignal(int eventFd) {
        prepare(Opcode.WRITE, eventFd, one.address(), Long.BYTES, 0, 0, nobody, 0);
    }

    /**
     * Prepares to be told, once, when a time has passed since the kernel was handed this. The result is -ETIME then.
     *
     * @param timespec address of a {@code struct __kernel_timespec}, which is read when the kernel is handed this
     */
    void prepareTimeout(long timespec, int target, int token) {
        prepare(Opcode.TIMEOUT, -1, timespec, 1, 0, 0, target, token);
    }

    /** Prepares the end of a timeout, which completes early with -ECANCELED. The removal's own completion is dropped. */
    void prepareTimeoutRemove(int target, int token) {
        prepare(Opcode.TIMEOUT_REMOVE, -1, userData(target, token), 0, 0, 0, nobody, 0);
    }

    private static long userData(int target, int token) {
        return (long) target << 32 | Integer.toUnsignedLong(token);
    }

    /** Whether operations are prepared that the kernel has not been handed yet. */
    public boolean hasPrepared() {
        return preparedTail != submittedTail;
    }

    /** Whether completions can be reaped now, or would be after an {@link #enter} with nothing to wait for. */
    public boolean hasWork() {
        return completionHead != (int) INT.getAcquire(rings, cqTail)
                || ((int) INT.getOpaque(rings, sqFlags) & (SQ_TASKRUN | SQ_CQ_OVERFLOW)) != 0;
    }

    /**
     * Hands all prepared operations to the kernel, lets it finish deferred work, and waits.
     *
     * @param completions how many completions must be there before this returns; 0 not to wait
     * @throws RingFailedException where the kernel refuses the ring itself; nothing can be done with it any more
     */
    public void enter(int completions) {
        // The kernel reads the entries behind the tail: they must be written before it is (pairs with its acquire).
        INT.setRelease(rings, sqTail, preparedTail);
        int submit = preparedTail - submittedTail;
        int result = calls.enter(fd, submit, completions, ENTER_GETEVENTS);
        if (result >= 0) {
            submittedTail += result;
        } else if (result != -Errno.EINTR && result != -Errno.EAGAIN && result != -Errno.EBUSY) {
            throw new RingFailedException("io_uring_enter: " + Libc.describe(-result));
        } else {
            // Some entries may have been taken before the interruption: the head says how far the kernel got.
            submittedTail = (int) INT.getAcquire(rings, sqHead);
        }
    }

    /**
     * Dispatches the completions that are there.
     *
     * @return how many there were
     */
    public int reap() {
        int reaped = 0;
        // Acquire: the entries behind the tail are written (pairs with the kernel's release).
        while (completionHead != (int) INT.getAcquire(rings, cqTail)) {
            long at = cqes + (long) (completionHead & cqMask) * CompletionEntry.SIZE;
            long userData = rings.get(ValueLayout.JAVA_LONG, at + CompletionEntry.USER_DATA);
            int result = rings.get(ValueLayout.JAVA_INT, at + CompletionEntry.RESULT);
            boolean more = (rings.get(ValueLayout.JAVA_INT, at + CompletionEntry.FLAGS) & CompletionEntry.F_MORE) != 0;
            completionHead++;
            // Release: the entry has been read and may be written over. First, because a target may enter the kernel.
            INT.setRelease(rings, cqHead, completionHead);
            targets[(int) (userData >>> 32)].completed((int) userData, result, more);
            reaped++;
        }
        return reaped;
    }

    /**
     * Limits how many worker threads of the kernel (io-wq) do this thread's operations on files at once. Kernels before 5.15
     * don't know that, and go by the number of processors.
     *
     * @return how many were allowed before; negative where the kernel doesn't know
     */
    public int limitWorkers(int bounded) {
        MemorySegment limits = arena.allocate(2 * Integer.BYTES, Integer.BYTES);
        limits.set(ValueLayout.JAVA_INT, 0, bounded);
        int result = calls.register(fd, REGISTER_IOWQ_MAX_WORKERS, limits, 2);
        return result < 0 ? result : limits.get(ValueLayout.JAVA_INT, 0);
    }

    /** Gives the ring back; the kernel cancels what is still on its way. */
    @Override
    public void close() {
        Libc.C.close(fd);
        NativeMemory.unmap(entries);
        NativeMemory.unmap(rings);
        arena.close();
    }
}
