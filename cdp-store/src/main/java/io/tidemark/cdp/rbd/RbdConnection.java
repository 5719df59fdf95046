// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.rbd;

import io.tidemark.disk.rbd.Cluster;
import io.tidemark.disk.rbd.Pool;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A connection to a store's pool, used by many at a time: it ends when it was closed and nobody uses it any more. Native code can't bear
 * it otherwise.
 */
final class RbdConnection implements AutoCloseable {
    /** One for each store that this process reads. They stay: to connect takes longer than most commands. */
    private static final Map<RbdStoreName, RbdConnection> SHARED = new ConcurrentHashMap<>();

    private final Cluster cluster;
    private final Pool pool;
    private int users;
    private boolean closed;

    private RbdConnection(Cluster cluster, Pool pool) {
        this.cluster = cluster;
        this.pool = pool;
    }

    /** A connection of one's own. */
    static RbdConnection open(RbdStoreName store) throws IOException {
        var cluster = Cluster.connect(store.address());
        try {
            return new RbdConnection(cluster, cluster.pool(store.pool(), store.namespace()));
        } catch (IOException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /** The one that all of this process share which hold no lease. */
    static RbdConnection shared(RbdStoreName store) throws IOException {
        var found = SHARED.get(store);
        if (found != null) {
            return found;
        }
        synchronized (SHARED) {
            found = SHARED.get(store);
            if (found == null) {
                found = open(store);
                SHARED.put(store, found);
            }
            return found;
        }
    }

    /** To be followed by {@link #leave}. */
    synchronized Pool enter() throws IOException {
        if (closed) {
            throw new IOException("the connection to rbd:" + pool.name() + " is closed: its lease was given back");
        }
        users++;
        return pool;
    }

    synchronized void leave() {
        users--;
        end();
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            end();
        }
    }

    private void end() {
        if (closed && users == 0) {
            pool.close();
            cluster.close();
        }
    }
}
