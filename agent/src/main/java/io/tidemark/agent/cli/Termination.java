// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import java.util.concurrent.CountDownLatch;

/**
 * How the process ends. SIGTERM and SIGINT ask a command that has called {@link #install} to end; the JVM then stays until the
 * command has returned, and leaves with its exit code instead of the signal's.
 */
final class Termination {
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
