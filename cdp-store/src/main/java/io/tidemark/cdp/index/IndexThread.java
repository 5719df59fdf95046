// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.index;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.layer.LayerException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * The thread {@code DISK-keeper}: makes layers whenever a log segment is complete. A failure costs speed, nothing else; it tries again
 * with the next segment.
 */
public final class IndexThread implements AutoCloseable {
    private final History history;
    private final Thread thread;
    private int complete;
    private boolean due = true;
    private volatile boolean closed;
    private volatile StoreException failure;

    /** @param complete the last log segment that nothing will be appended to; 0 for none */
    public IndexThread(History history, int complete) {
        this.history = history;
        this.complete = complete;
        this.thread = new Thread(this::run, history.disk() + "-keeper");
        thread.setDaemon(true);
        thread.start();
    }

    /** To be called when a log segment is complete, by any thread; returns at once. */
    public synchronized void completed(int segment) {
        complete = Math.max(complete, segment);
        due = true;
        notifyAll();
    }

    /** Why the last attempt failed. */
    public Optional<StoreException> failure() {
        return Optional.ofNullable(failure);
    }

    private void run() {
        LayerMaker maker = null;
        for (int upTo = await(); !closed; upTo = await()) {
            try {
                if (maker == null) {
                    maker = maker();
                }
                boolean more = true;
                while (more && !closed) {
                    more = maker.step(upTo);
                }
                failure = null;
            } catch (CancellationException _) {
                return;
            } catch (IOException e) {
                failure = StoreException.of("index of " + history.disk(), e);
            } catch (LayerException e) {
                failure = e.asDamage();
                maker = null; // which finds what is damaged, and makes it anew
            } catch (StoreException e) {
                failure = e;
            } catch (RuntimeException e) {
                failure = new StoreException(StoreException.Code.IO, "index of " + history.disk() + ": " + e, e);
            }
        }
    }

    private LayerMaker maker() throws IOException {
        var file = CatalogueFile.open(history);
        file.removeUnnamed();
        var maker = new LayerMaker(history, file, () -> closed);
        maker.forgetDamaged();
        return maker;
    }

    private synchronized int await() {
        while (!due && !closed) {
            try {
                wait();
            } catch (InterruptedException _) {
                closed = true;
            }
        }
        due = false;
        return complete;
    }

    /** Ends the thread, in the middle of a layer if need be, and waits for that. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
