// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Begins requests when they are submitted, and ends them later in another order. */
final class ReorderingDevice implements BlockDevice {
    private final MemorySegment content;
    private final Loop loop;
    private final Random random;
    private final List<Request> pending = new ArrayList<>();
    private final Runnable completeOne = this::completeOne;

    ReorderingDevice(MemorySegment content, Loop loop, Random random) {
        this.content = content;
        this.loop = loop;
        this.random = random;
    }

    @Override
    public void submit(Request request) {
        MemoryContent.execute(content, request, 0, middle(request));
        pending.add(request);
        loop.execute(completeOne);
    }

    private void completeOne() {
        Request request = pending.remove(random.nextInt(pending.size()));
        request.complete(MemoryContent.execute(content, request, middle(request), request.length()));
    }

    private static long middle(Request request) {
        return request.length() / 2;
    }
}
