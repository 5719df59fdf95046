// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.status.MarkStatus;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.format.Micros;
import io.tidemark.filters.capture.Mark;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Answers whoever asks for marks: when the store has them, or, without it, after {@link #PATIENCE}. No guest waits for that. By one
 * thread.
 */
public final class MarkAnswers {
    /** For all marks of an answer together. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final String name;
    private final long deadline = System.nanoTime() + PATIENCE.toNanos();

    /** @param name of the marks */
    public MarkAnswers(String name) {
        this.name = name;
    }

    /** @throws AgentException if the history doesn't take the mark, or may lose it */
    MarkStatus of(String disk, CompletableFuture<Mark> asked) {
        try {
            return of(disk, asked.get(left(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            throw new AgentException(
                    Code.IO,
                    "disk " + disk,
                    "its history does not take the mark \"" + name
                            + "\" now, for its store does not answer and all room before it is taken",
                    "look after the store (tidemark status), and set it again: it may have been set meanwhile");
        } catch (ExecutionException e) {
            throw VhostDisk.translated(e.getCause());
        } catch (InterruptedException e) {
            throw interrupted(disk, e);
        }
    }

    /** @throws AgentException if the history may lose the mark */
    public MarkStatus of(String disk, Mark mark) {
        try {
            boolean durable = mark.awaitDurable(Duration.ofNanos(left()));
            return new MarkStatus(disk, name, mark.write(), Micros.instant(mark.time()), durable);
        } catch (StoreException e) {
            throw new AgentException(
                    Code.IO,
                    "disk " + disk + ": the mark \"" + name + "\" may be lost, for its history has ended before the"
                            + " store had it (" + e.getMessage()
                            + "); when the disk is protected again, see tidemark history for it, or set another one",
                    e);
        } catch (InterruptedException e) {
            throw interrupted(disk, e);
        }
    }

    private long left() {
        return Math.max(0, deadline - System.nanoTime());
    }

    private static AgentException interrupted(String disk, InterruptedException e) {
        Thread.currentThread().interrupt();
        return new AgentException(Code.IO, "disk " + disk + ": the agent ends; see tidemark history for the mark", e);
    }
}
