// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Prints what happens, when, and a dot a second while it lasts. */
final class Timeline {
    private final PrintStream out;
    private final long start = System.nanoTime();

    Timeline(PrintStream out) {
        this.out = out;
    }

    void headline(String text) {
        out.println();
        out.println(text);
    }

    /** Does a step; the line ends with what the step returns. */
    String step(String title, Supplier<String> work) {
        out.printf("  %5.1f s  %s ", seconds(), title);
        out.flush();
        CountDownLatch done = new CountDownLatch(1);
        Thread dots = Thread.ofVirtual().start(() -> dots(done));
        boolean good = false;
        try {
            String result = work.get();
            good = true;
            return finish(done, dots, result);
        } finally {
            if (!good) {
                finish(done, dots, "FAILED");
            }
        }
    }

    private String finish(CountDownLatch done, Thread dots, String result) {
        done.countDown();
        try {
            dots.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        out.println(result.isEmpty() ? "" : "→ " + result);
        return result;
    }

    /** Text of a program, set off from ours. */
    void quote(String text) {
        text.lines().forEach(line -> out.println("           | " + line));
    }

    double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    private void dots(CountDownLatch done) {
        try {
            while (!done.await(1, TimeUnit.SECONDS)) {
                out.print('.');
                out.flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
