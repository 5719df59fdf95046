// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Loop;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** What loops are to be told, so that each is woken once. Confined to a thread. */
final class Replies {
    private final Map<Loop, List<Runnable>> byLoop = new IdentityHashMap<>();

    void add(Loop loop, Runnable reply) {
        byLoop.computeIfAbsent(loop, _ -> new ArrayList<>()).add(reply);
    }

    void send() {
        byLoop.forEach((loop, replies) -> loop.execute(() -> replies.forEach(Runnable::run)));
        byLoop.clear();
    }
}
