// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waiting for what queues answer. */
final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
    private static final long PATIENCE_SECONDS = 10;

    private Answers() {}

    /**
     * Waits as long as it takes: going on without the answer would take memory or descriptors from under requests.
     *
     * @throws ExecutionException when the queue could not do it
     */
    static <T> T await(CompletableFuture<T> answer, String what) throws ExecutionException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                } catch (TimeoutException e) {
                    LOG.warn("{}: still waiting; the image may be stuck", what);
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (CancellationException e) {
                    throw new ExecutionException(e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
