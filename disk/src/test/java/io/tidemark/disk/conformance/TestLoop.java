// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.conformance;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Image;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.RingLoop;

/** A loop of the thread that makes it, with many requests on their way. */
final class TestLoop implements AutoCloseable {
    private static final int BUFFERS = 64;

    /** Told of the end of a request. */
    interface Ended {
        void ended(Request request, int status);
    }

    private final RingLoop loop;
    private final BlockDevice device;
    private final Request[] requests;
    private final boolean[] taken;
    private int inFlight;

    TestLoop(Image image, int depth) {
        this.loop = new RingLoop(depth);
        this.requests = new Request[depth];
        this.taken = new boolean[depth];
        for (int i = 0; i < depth; i++) {
            requests[i] = new Request(i, new IoVector(BUFFERS));
        }
        this.device = image.attach(loop);
    }

    boolean hasFree() {
        return inFlight < requests.length;
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
            loop.await();
        }
    }

    /** Submits it and waits for its end. @return 0, or a negative errno */
    int run(Request request) {
        int[] result = {1};
        submit(request, (done, status) -> result[0] = status);
        while (result[0] > 0) {
            loop.await();
        }
        return result[0];
    }

    @Override
    public void close() {
        while (inFlight > 0) {
            loop.await();
        }
        loop.close();
    }
}
