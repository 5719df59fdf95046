// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.overlay;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Completion;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.filters.range.RangeLock;

/**
 * A loop's way to an overlay. What lies in the overlay is read there, in the loop; what shows of the origin is read by
 * another thread. Changes go to the overlay, and count when they are complete.
 */
final class OverlayDevice implements BlockDevice, Completion, RangeLock.Granted {
    private final Loop loop;
    private final BlockDevice below;
    private final SectorMap map;
    private final RangeLock.Lane lane;
    private final OverlayWork work;
    private final Request[] waiting;

    OverlayDevice(Loop loop, BlockDevice below, SectorMap map, RangeLock ranges, OverlayWork work) {
        this.loop = loop;
        this.below = below;
        this.map = map;
        this.lane = ranges.lane(loop, this);
        this.work = work;
        this.waiting = new Request[loop.requests()];
    }

    @Override
    public void submit(Request request) {
        switch (request.kind()) {
            case READ -> {
                if (map.holds(request.offset(), request.length())) {
                    below.submit(request);
                } else {
                    work.read(loop, request);
                }
            }
            case FLUSH -> work.flush(loop, request);
            case WRITE, DISCARD, WRITE_ZEROES -> change(request);
        }
    }

    private void change(Request request) {
        if (request.length() == 0) {
            below.submit(request);
            return;
        }
        waiting[request.id()] = request;
        if (lane.acquire(request.id(), request.offset(), request.length())) {
            granted(request.id());
        }
    }

    @Override
    public void granted(int requestId) {
        Request request = waiting[requestId];
        waiting[requestId] = null;
        request.onCompletion(this);
        below.submit(request);
    }

    @Override
    public void completed(Request request, int status) {
        if (status == 0 && !request.withoutEffect()) {
            map.set(request.offset(), request.length());
        }
        lane.release(request.id());
        if (status == 0 && request.durable()) {
            work.flush(loop, request); // the bits, too
        } else {
            request.complete(status);
        }
    }

    @Override
    public void letGo() {
        below.letGo();
    }
}
