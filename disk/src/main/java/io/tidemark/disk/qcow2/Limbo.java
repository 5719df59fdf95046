// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.util.ArrayList;
import java.util.List;

/** What no entry names any more, but requests on their way may still know. Confined to a thread. */
final class Limbo {
    private final Grace grace;
    private List<Dropped> fresh = new ArrayList<>();
    private List<Dropped> waiting = List.of();

    Limbo(Grace grace) {
        this.grace = grace;
    }

    void add(List<Dropped> dropped) {
        fresh.addAll(dropped);
    }

    boolean isEmpty() {
        return fresh.isEmpty() && waiting.isEmpty();
    }

    /** What nobody knows any more. */
    List<Dropped> over() {
        if (waiting.isEmpty() && !fresh.isEmpty() && grace.isOver()) {
            waiting = fresh;
            fresh = new ArrayList<>();
            grace.next();
        }
        if (waiting.isEmpty() || !grace.isOver()) {
            return List.of();
        }
        List<Dropped> over = waiting;
        waiting = List.of();
        return over;
    }

    /** All of it, when no request is on its way. */
    List<Dropped> drain() {
        List<Dropped> all = new ArrayList<>(waiting);
        all.addAll(fresh);
        waiting = List.of();
        fresh = new ArrayList<>();
        return all;
    }
}
