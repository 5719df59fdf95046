// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.conformance;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Image;
import io.tidemark.disk.Inbox;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.uring.IoUring;

/** A loop of the thread that makes it, with many requests on their way. */
final class TestLoop implements Loop, AutoCloseable {
    private static final int BUFFERS = 64;

    /** Told of the end of a request. */
    interface Ended {
        void ended(Request request, int status);
    }

    private final IoUring ring;
    private final Inbox inbox;
    private final BlockDevice device;
    private final Request[] requests;
    private final boolean[] taken;
    private int inFlight;

    TestLoop(Image image, int depth) {
        this.ring = new IoUring(4 * depth, 4 * depth);
        this.inbox = new Inbox(ring);
        this.requests = new Request[depth];
        this.taken = new boolean[depth];
        for (int i = 0; i < depth; i++) {
            requests[i] = new Request(i, new IoVector(BUFFERS));
        }
        this.device = image.attach(this);
    }

    boolean hasFree() {
        return inFlight < requests.length;
    }

    int inFlight() {
        return inFlight;
    }

    /** A request that is to be filled in and submitted. */
    Request begin(Request.Kind kind, long offset, long length) {
        int id = 0;
        while (taken[id]) {
            id++;
        }
        requests[id].begin(kind, offset, length);
        return requests[id];
    }

    void submit(Request request, Ended whenEnded) {
        taken[request.id()] = true;
        inFlight++;
        request.onCompletion((done, status) -> {
            taken[done.id()] = false;
            inFlight--;
            whenEnded.ended(done, status);
        });
        device.submit(request);
    }

    /** Waits for one completion at least. */
    void await() {
        int before = inFlight;
        while (inFlight == before && inFlight > 0) {
            ring.enter(1);
            ring.reap();
        }
    }

    /** Submits it and waits for its end. @return 0, or a negative errno */
    int run(Request request) {
        int[] result = {1};
        submit(request, (done, status) -> result[0] = status);
        while (result[0] > 0) {
            ring.enter(1);
            ring.reap();
        }
        return result[0];
    }

    @Override
    public IoUring ring() {
        return ring;
    }

    @Override
    public int requests() {
        return requests.length;
    }

    @Override
    public void execute(Runnable task) {
        inbox.add(task);
    }

    @Override
    public void close() {
        while (inFlight > 0) {
            ring.enter(1);
            ring.reap();
        }
        ring.close();
        inbox.close();
    }
}
