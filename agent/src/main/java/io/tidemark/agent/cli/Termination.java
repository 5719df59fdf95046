// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.history.Progress;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * How the process ends. SIGTERM and SIGINT ask a command that has called {@link #install} to end; the JVM then stays until the
 * command has returned, and leaves with its exit code instead of the signal's.
 */
final class Termination {
    /** How long a command that is to stop may take: a storage that hangs keeps nobody. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile int exitCode;

    private final boolean ofProcess;

    /** @param ofProcess whether the process's signals count; if not, only {@link #ask} does */
    Termination(boolean ofProcess) {
        this.ofProcess = ofProcess;
    }

    /** From now on a signal asks instead of killing. */
    void install() {
        if (!ofProcess) {
            return;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(this::endCleanly, "termination"));
    }

    /**
     * For a command that makes something: from now on a signal has it stop where it tells its progress, as by a failure, so that it takes
     * away what isn't complete. The process then ends as by the signal.
     *
     * @param what the thing that is made, as messages name it
     */
    Progress stopping(String what, Progress progress) {
        if (ofProcess) {
            Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "termination"));
        }
        return (done, total) -> {
            if (asked.getCount() == 0) {
                throw new AgentException(
                        Code.FAILED, what, "a signal has stopped it", "give the command again to begin anew");
            }
            progress.at(done, total);
        };
    }

    /** Asks the command to end. */
    void ask() {
        asked.countDown();
    }

    /** Waits until the command is asked to end. */
    void await() {
        try {
            asked.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Leaves with the command's exit code. Doesn't return. */
    void exit(int code) {
        exitCode = code;
        finished.countDown();
        System.exit(code);
    }

    private void stop() {
        ask();
        try {
            if (!finished.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                System.err.println("tidemark: the storage doesn't answer: what was begun is left as it is");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void endCleanly() {
        ask();
        try {
            finished.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.out.flush();
        // System.exit would keep the code of the signal that began the shutdown.
        Runtime.getRuntime().halt(exitCode);
    }
}
