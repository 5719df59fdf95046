// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.LabException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A verifying load that goes on until it is told to end; any request that fails shows in the next thing asked of it. */
public final class BackgroundLoad implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int ENDLESS = 1_000_000;

    private final VerifyingLoad load;
    private final CompletableFuture<Void> end;

    private BackgroundLoad(VerifyingLoad load) {
        this.load = load;
        this.end = CompletableFuture.runAsync(
                () -> load.run(ENDLESS),
                task -> Thread.ofPlatform().name("load").start(task));
    }

    public static BackgroundLoad start(VerifyingLoad load) {
        return new BackgroundLoad(load);
    }

    /** Waits until that many more changes are acknowledged. */
    public void awaitMore(long changes) {
        long goal = load.acknowledged() + changes;
        Await.until("a load that goes on: " + changes + " more changes", PATIENCE, () -> {
            if (end.isDone()) {
                end.join();
                throw new LabException("the load ended by itself");
            }
            return load.acknowledged() >= goal;
        });
    }

    /** Starts nothing more, and waits until all that was sent is answered. */
    public void finish() {
        load.finish();
        awaitEnd();
    }

    /** Gives up what a backend that has gone leaves unanswered. */
    public void abandon() {
        load.stop();
        awaitEnd();
    }

    private void awaitEnd() {
        Await.until("the end of the load", PATIENCE, end::isDone);
        try {
            end.join();
        } catch (CompletionException e) {
            throw new LabException(e.getCause().getMessage(), e.getCause());
        }
    }

    @Override
    public void close() {
        load.stop();
        Await.until("the end of the load", PATIENCE, end::isDone);
    }
}
