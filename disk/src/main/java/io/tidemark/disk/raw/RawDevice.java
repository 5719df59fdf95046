// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.uring.CompletionTarget;
import io.tidemark.disk.uring.IoUring;
import io.tidemark.disk.uring.Opcode;

/**
 * A loop's way to a raw image: requests become operations on the loop's io_uring.
 *
 * <p>What O_DIRECT can't take goes another way: buffers that are not aligned through {@link BounceBuffers}, ranges that are
 * not aligned through the page cache. Short transfers are continued, zeroing that the file system can't do is written.
 */
final class RawDevice implements BlockDevice, CompletionTarget {
    /** Modes of fallocate (uapi/linux/falloc.h). */
    static final int KEEP_SIZE = 1;

    static final int PUNCH_HOLE = 2;
    static final int ZERO_RANGE = 0x10;

    /** A copy that takes longer than waking a worker. */
    private static final long LARGE_COPY = 32 << 10;

    /** One that takes so long that waking a worker costs nothing beside it. */
    private static final long HUGE_COPY = 256 << 10;

    /** More of them get in each other's way: they copy as fast as memory allows. */
    private static final int COPYING_WORKERS = 2;

    private final RawFile file;
    private final IoUring ring;
    private final int target;
    private final BounceBuffers bounces;

    /** By request id: the request, how much of it is done, and what is being done. */
    private final Request[] requests;

    private final long[] done;
    private final Step[] steps;
    private int largeCopies;

    /** What the operation in flight for a request does. */
    private enum Step {
        TRANSFER,
        PUNCH,
        ZERO,
        ZERO_BY_WRITING,
        SYNC
    }

    RawDevice(Loop loop, RawFile file) {
        this.file = file;
        this.ring = loop.ring();
        this.target = ring.register(this);
        this.requests = new Request[loop.requests()];
        this.done = new long[loop.requests()];
        this.steps = new Step[loop.requests()];
        this.bounces = new BounceBuffers(loop.requests());
        if (file.inMemory()) {
            ring.limitWorkers(COPYING_WORKERS);
        }
    }

    @Override
    public void submit(Request request) {
        int id = request.id();
        requests[id] = request;
        done[id] = 0;
        switch (request.kind()) {
            case READ, WRITE -> {
                if (!needsBounce(request)) {
                    transfer(request);
                } else if (bounces.hasFree()) {
                    bounce(request);
                } else {
                    bounces.queue(request);
                }
            }
            case FLUSH -> sync(request);
            case DISCARD -> zero(request, Step.PUNCH, PUNCH_HOLE | KEEP_SIZE);
            case WRITE_ZEROES -> {
                if (request.mayUnmap()) {
                    zero(request, Step.PUNCH, PUNCH_HOLE | KEEP_SIZE);
                } else {
                    zero(request, Step.ZERO, ZERO_RANGE | KEEP_SIZE);
                }
            }
        }
    }

    private boolean needsBounce(Request request) {
        return file.direct() >= 0
                && request.length() <= BounceBuffers.BYTES
                && rangeAligned(request.offset(), request.length())
                && !request.data().alignedTo(file.alignment().memory());
    }

    private void bounce(Request request) {
        if (bounces.assign(request)) {
            transfer(request);
        } else {
            requests[request.id()] = null;
            request.complete(-Errno.EFAULT);
        }
    }

    private boolean rangeAligned(long offset, long length) {
        return ((offset | length) & (file.alignment().offset() - 1)) == 0;
    }

    /** Reads or writes what is not done yet. */
    private void transfer(Request request) {
        int id = request.id();
        long offset = request.offset() + done[id];
        IoVector data = bounces.dataOf(request);
        // The rest of a short transfer may be misaligned; the page cache takes anything.
        int fd = file.direct() >= 0
                        && rangeAligned(offset, data.bytes())
                        && data.alignedTo(file.alignment().memory())
                ? file.direct()
                : file.cached();
        boolean write = request.kind() == Request.Kind.WRITE;
        int flags = write && request.durable() ? Opcode.RWF_DSYNC : 0;
        steps[id] = Step.TRANSFER;
        int opcode;
        long address;
        int length;
        if (data.count() == 1) {
            opcode = write ? Opcode.WRITE : Opcode.READ;
            address = data.address(0);
            length = (int) data.length(0);
        } else {
            opcode = write ? Opcode.WRITEV : Opcode.READV;
            address = data.tableAddress();
            length = data.count();
        }
        if (!write && isWorkForTwo(data.bytes())) {
            ring.prepareForWorker(opcode, fd, address, length, offset, flags, target, id);
        } else {
            ring.prepare(opcode, fd, address, length, offset, flags, target, id);
        }
    }

    /**
     * Large reads of a file in memory are all copying: of four, or of two very large ones, one goes to another core. Writes
     * don't gain: they hold the file's lock while they copy.
     */
    private boolean isWorkForTwo(long bytes) {
        int share = bytes >= HUGE_COPY ? 2 : 4;
        return file.inMemory() && bytes >= LARGE_COPY && ++largeCopies % share == 0;
    }

    private void sync(Request request) {
        steps[request.id()] = Step.SYNC;
        ring.prepare(Opcode.FSYNC, file.cached(), 0, 0, 0, Opcode.FSYNC_DATASYNC, target, request.id());
    }

    /** fallocate's arguments lie where io_uring_prep_fallocate puts them: the length as address, the mode as length. */
    private void zero(Request request, Step step, int mode) {
        steps[request.id()] = step;
        ring.prepare(
                Opcode.FALLOCATE, file.cached(), request.length(), mode, request.offset(), 0, target, request.id());
    }

    private void zeroByWriting(Request request) {
        int id = request.id();
        steps[id] = Step.ZERO_BY_WRITING;
        long left = request.length() - done[id];
        int length = (int) Math.min(left, ZeroPages.BYTES);
        long offset = request.offset() + done[id];
        int fd = file.direct() >= 0 && rangeAligned(offset, length) ? file.direct() : file.cached();
        int flags = request.durable() ? Opcode.RWF_DSYNC : 0;
        ring.prepare(Opcode.WRITE, fd, ZeroPages.ADDRESS, length, offset, flags, target, id);
    }

    @Override
    public void completed(int id, int result, boolean more) {
        Request request = requests[id];
        if (result == -Errno.EAGAIN || result == -Errno.EINTR) {
            again(request);
            return;
        }
        switch (steps[id]) {
            case TRANSFER -> transferred(request, result);
            case PUNCH, ZERO -> zeroed(request, result);
            case ZERO_BY_WRITING -> zeroWritten(request, result);
            case SYNC -> finish(request, result);
        }
    }

    private void again(Request request) {
        switch (steps[request.id()]) {
            case TRANSFER -> transfer(request);
            case PUNCH -> zero(request, Step.PUNCH, PUNCH_HOLE | KEEP_SIZE);
            case ZERO -> zero(request, Step.ZERO, ZERO_RANGE | KEEP_SIZE);
            case ZERO_BY_WRITING -> zeroByWriting(request);
            case SYNC -> sync(request);
        }
    }

    private void transferred(Request request, int result) {
        IoVector data = bounces.dataOf(request);
        if (result == data.bytes()) {
            finish(request, 0);
        } else if (result > 0) {
            done[request.id()] += result;
            data.advance(result);
            transfer(request);
        } else if (result == 0 && file.padded() && request.kind() == Request.Kind.READ) {
            finish(request, data.fillZero(0, data.bytes()) ? 0 : -Errno.EFAULT);
        } else {
            // Nothing at all: the file ends here, so it was cut while it was served.
            finish(request, result < 0 ? result : -Errno.EIO);
        }
    }

    private void zeroed(Request request, int result) {
        if (result == 0) {
            if (request.durable()) {
                sync(request);
            } else {
                finish(request, 0);
            }
        } else if (result != -Errno.EOPNOTSUPP) {
            finish(request, result);
        } else if (request.kind() == Request.Kind.DISCARD) {
            request.withoutEffect(true);
            finish(request, 0);
        } else if (steps[request.id()] == Step.PUNCH) {
            zero(request, Step.ZERO, ZERO_RANGE | KEEP_SIZE);
        } else {
            zeroByWriting(request);
        }
    }

    private void zeroWritten(Request request, int result) {
        if (result <= 0) {
            finish(request, result < 0 ? result : -Errno.EIO);
            return;
        }
        int id = request.id();
        done[id] += result;
        if (done[id] < request.length()) {
            zeroByWriting(request);
        } else {
            finish(request, 0);
        }
    }

    private void finish(Request request, int status) {
        requests[request.id()] = null;
        request.complete(bounces.release(request, status) ? status : -Errno.EFAULT);
        for (Request next = bounces.next(); next != null; next = bounces.next()) {
            bounce(next);
        }
    }
}
