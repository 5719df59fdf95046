// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.throttle;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.StepLoop;
import java.util.ArrayList;
import java.util.List;

/** Loops with a throttle before a device that notes what comes, all by virtual time. */
final class ThrottledLoops {
    static final int CAPACITY = 64;

    final VirtualTime time = new VirtualTime();
    final List<Passed> passed = new ArrayList<>();
    final Throttle throttle;
    private final List<StepLoop> loops = new ArrayList<>();
    private final List<BlockDevice> devices = new ArrayList<>();
    private final List<Integer> inFlight = new ArrayList<>();
    private int numbers;

    ThrottledLoops(int count, Limits limits) {
        throttle = new Throttle(limits, time::now, loop -> time::alarm);
        for (int i = 0; i < count; i++) {
            int index = i;
            StepLoop loop = new StepLoop(CAPACITY);
            loops.add(loop);
            inFlight.add(0);
            devices.add(throttle.attach(loop, request -> arrived(index, request)));
        }
    }

    /** As when protection begins or ends: each loop makes its way anew. */
    void attachAgain() {
        for (int i = 0; i < loops.size(); i++) {
            int index = i;
            devices.set(i, throttle.attach(loops.get(i), request -> arrived(index, request)));
        }
    }

    private void arrived(int loop, Request request) {
        passed.add(new Passed(time.now(), loop, request.id(), request.kind(), request.length()));
        request.complete(0);
    }

    /** @return whether the loop had a free request for it */
    boolean submit(int loop, Request.Kind kind, long bytes) {
        if (inFlight.get(loop) == CAPACITY) {
            return false;
        }
        inFlight.set(loop, inFlight.get(loop) + 1);
        Request request = new Request(numbers++, new IoVector(1));
        request.begin(kind, 0, bytes);
        request.onCompletion((done, status) -> inFlight.set(loop, inFlight.get(loop) - 1));
        devices.get(loop).submit(request);
        return true;
    }

    BlockDevice device(int loop) {
        return devices.get(loop);
    }

    void limits(Limits limits) {
        var told = throttle.limits(limits);
        loops.forEach(StepLoop::runAll);
        told.join();
    }

    int waiting() {
        return inFlight.stream().mapToInt(Integer::intValue).sum();
    }

    long sum(LimitKind kind) {
        return passed.stream().mapToLong(one -> one.amount(kind)).sum();
    }
}
