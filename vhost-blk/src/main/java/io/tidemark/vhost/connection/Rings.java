// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import io.tidemark.vhost.queue.QueueControl;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All the rings of a disk. */
final class Rings {
    private static final Logger LOG = LoggerFactory.getLogger(Rings.class);

    private final List<Ring> rings = new ArrayList<>();

    Rings(String disk, List<QueueControl> queues) {
        for (int i = 0; i < queues.size(); i++) {
            rings.add(new Ring("disk " + disk + ", queue " + i, queues.get(i)));
        }
    }

    int count() {
        return rings.size();
    }

    Ring get(int index) {
        if (index < 0 || index >= rings.size()) {
            throw new VhostException(
                    Code.BAD_REQUEST,
                    "there is no ring " + Integer.toUnsignedString(index) + ": the disk has " + rings.size()
                            + "; give QEMU no larger num-queues");
        }
        return rings.get(index);
    }

    boolean anyStarted() {
        return rings.stream().anyMatch(Ring::started);
    }

    void disableAll() {
        rings.forEach(ring -> ring.enable(false));
    }

    /** Stops all rings, draining them side by side; each failure is logged. */
    void stopAll() {
        List<CompletableFuture<Integer>> stopping = new ArrayList<>();
        for (Ring ring : rings) {
            stopping.add(ring.beginStop());
        }
        for (int i = 0; i < rings.size(); i++) {
            try {
                rings.get(i).finishStop(stopping.get(i));
            } catch (VhostException e) {
                LOG.error("{}", e.getMessage(), e);
            }
        }
    }

    void resetAll() {
        rings.forEach(Ring::reset);
    }
}
