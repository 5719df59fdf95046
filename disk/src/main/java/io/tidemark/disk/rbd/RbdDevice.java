// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.LateFault;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.disk.uring.CompletionTarget;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A loop's way to an rbd image: requests become asynchronous calls of librbd, whose completions {@link Completions} brings back.
 *
 * <p>librbd never sees guest memory, which may vanish at any time and take the process with it when native code touches it then: all
 * data passes through {@link StagingBuffers}. A request larger than the largest of these is done in parts, one after the other.
 */
final class RbdDevice implements BlockDevice, CompletionTarget {
    private static final int SMALL = 4 << 10;
    private static final int MEDIUM = 64 << 10;
    private static final int LARGE = 1 << 20;
    private static final int SMALL_COUNT = 256;
    private static final int MEDIUM_COUNT = 64;
    private static final int LARGE_COUNT = 8;

    private final Completions completions;
    private final long image;
    private final int number;
    private final SinglePoll poll;
    private final StagingBuffers small;
    private final StagingBuffers medium;
    private final StagingBuffers large;

    /** By request id: the request, its buffer, and how much of it is done. */
    private final Request[] requests;

    private final StagingBuffers[] sources;
    private final long[] buffers;
    private final long[] done;

    private final Returned returned;
    private final MemorySegment events = Arena.ofAuto().allocate(Completions.AT_ONCE * Long.BYTES, Long.BYTES);
    private final MemorySegment created = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
    private final LateFault fault = new LateFault();

    /** For parts of requests; made anew for the first request with more buffers. */
    private IoVector part = new IoVector(1);

    private int inFlight;

    /** @param number by which {@link Completions} finds it */
    RbdDevice(Loop loop, Completions completions, int number) {
        this.completions = completions;
        this.image = completions.image();
        this.number = number;
        this.poll =
                new SinglePoll(loop.ring(), completions.signal(), loop.ring().register(this));
        int count = loop.requests();
        this.requests = new Request[count];
        this.sources = new StagingBuffers[count];
        this.buffers = new long[count];
        this.done = new long[count];
        this.returned = new Returned(count);
        this.small = new StagingBuffers(SMALL, Math.min(count, SMALL_COUNT), count);
        this.medium = new StagingBuffers(MEDIUM, Math.min(count, MEDIUM_COUNT), count);
        this.large = new StagingBuffers(LARGE, Math.min(count, LARGE_COUNT), count);
    }

    @Override
    public void submit(Request request) {
        if (completions.isLockedOut()) {
            request.complete(-Errno.ESHUTDOWN);
            return;
        }
        // Whoever has requests on their way is told of every completion; who has none hasn't to be woken.
        poll.arm();
        int id = request.id();
        requests[id] = request;
        done[id] = 0;
        switch (request.kind()) {
            case READ, WRITE -> {
                StagingBuffers source = sourceFor(request.length());
                if (source.hasFree()) {
                    begin(request, source);
                } else {
                    source.queue(request);
                }
            }
            case FLUSH -> begun(request, AioCalls.flush(image, completion(id)));
            // A discard proper leaves stretches alone that are smaller than what the cluster counts in; this is exact.
            case DISCARD -> zero(request, 0);
            case WRITE_ZEROES -> zero(request, request.mayUnmap() ? 0 : AioCalls.THICK);
        }
    }

    private StagingBuffers sourceFor(long length) {
        if (length <= SMALL) {
            return small;
        }
        return length <= MEDIUM ? medium : large;
    }

    private void begin(Request request, StagingBuffers source) {
        int id = request.id();
        sources[id] = source;
        buffers[id] = source.take();
        transfer(request);
    }

    private void zero(Request request, int how) {
        int id = request.id();
        begun(request, AioCalls.writeZeroes(image, request.offset(), request.length(), completion(id), how));
    }

    /** Reads or writes the next part. */
    private void transfer(Request request) {
        int id = request.id();
        long length = partLength(request);
        long offset = request.offset() + done[id];
        if (request.kind() == Request.Kind.READ) {
            begun(request, AioCalls.read(image, offset, length, buffers[id], completion(id)));
        } else if (dataOf(request, length).copyTo(NativeMemory.ALL, buffers[id], fault)) {
            begun(request, AioCalls.write(image, offset, length, buffers[id], completion(id)));
        } else {
            finish(request, -Errno.EFAULT);
        }
    }

    private long partLength(Request request) {
        int id = request.id();
        return Math.min(request.length() - done[id], sources[id].size());
    }

    private IoVector dataOf(Request request, long length) {
        if (length == request.length()) {
            return request.data();
        }
        if (part.capacity() < request.data().capacity()) {
            part = new IoVector(request.data().capacity());
        }
        part.clear();
        part.addPart(request.data(), done[request.id()], length);
        return part;
    }

    /** Makes the completion of the call that is about to be made. */
    private long completion(int id) {
        int result = AioCalls.create(Completions.argument(number, id), created.address());
        if (result != 0) {
            throw new IllegalStateException("librbd makes no completion: " + result);
        }
        return created.get(ValueLayout.JAVA_LONG, 0);
    }

    private void begun(Request request, int result) {
        if (result >= 0) {
            inFlight++;
        } else {
            AioCalls.release(created.get(ValueLayout.JAVA_LONG, 0));
            finish(request, result);
        }
    }

    @Override
    public void completed(int token, int result, boolean more) {
        poll.told(token, more);
        completions.collect(this, events);
        for (int id = returned.takeAll(); id >= 0; ) {
            // Before the request goes on, which may return again at once.
            int next = returned.behind(id);
            ended(id, returned.result(id));
            id = next;
        }
        if (completions.isLockedOut()) {
            giveUp();
        }
        if (inFlight > 0) {
            poll.arm();
        } else {
            poll.takeBack();
        }
    }

    /**
     * The client is locked out, and what it has begun may never end. A call that ends after all finds no request; its buffer is never
     * used again, and stays when this loop is gone, because librbd may still write to it.
     */
    private void giveUp() {
        for (StagingBuffers source : new StagingBuffers[] {small, medium, large}) {
            if (inFlight > 0) {
                source.keep();
            }
            for (Request next = source.nextWaiting(); next != null; next = source.nextWaiting()) {
                requests[next.id()] = null;
                next.complete(-Errno.ESHUTDOWN);
            }
        }
        for (int id = 0; id < requests.length; id++) {
            Request request = requests[id];
            if (request != null) {
                requests[id] = null;
                request.complete(-Errno.ESHUTDOWN);
            }
        }
        inFlight = 0;
    }

    /** Brings back a call that another loop has learnt the end of. By any thread. @return whether this loop must be told */
    boolean bring(int id, long result) {
        return returned.add(id, result);
    }

    int number() {
        return number;
    }

    /** A call has ended. */
    void ended(int id, long result) {
        Request request = requests[id];
        if (request == null) {
            return; // it was given up
        }
        inFlight--;
        if (result < 0) {
            finish(request, (int) result);
        } else if (request.kind() != Request.Kind.READ && request.kind() != Request.Kind.WRITE) {
            finish(request, 0);
        } else {
            transferred(request, result);
        }
    }

    private void transferred(Request request, long result) {
        int id = request.id();
        long length = partLength(request);
        if (request.kind() == Request.Kind.READ) {
            if (result < length) {
                finish(request, -Errno.EIO); // the image ends here: somebody else has made it smaller
                return;
            }
            if (!dataOf(request, length).copyFrom(NativeMemory.ALL, buffers[id], fault)) {
                finish(request, -Errno.EFAULT);
                return;
            }
        }
        done[id] += length;
        if (done[id] < request.length()) {
            transfer(request);
        } else {
            finish(request, 0);
        }
    }

    private void finish(Request request, int status) {
        int id = request.id();
        StagingBuffers source = sources[id];
        requests[id] = null;
        sources[id] = null;
        if (source != null) {
            source.giveBack(buffers[id]);
        }
        request.complete(status);
        if (source != null) {
            for (Request next = source.next(); next != null; next = source.next()) {
                begin(next, source);
            }
        }
    }
}
