// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import java.io.IOException;
import java.nio.file.Path;

/** What Jazzer calls. */
public final class Entry {
    static final String TARGET = "tidemark.fuzz.target";
    static final String LAST_INPUT = "tidemark.fuzz.last";

    /** What Jazzer ends with on one. */
    private static final int FINDING = 77;

    private static Runner runner;
    private static LastInput last;

    private Entry() {}

    public static void fuzzerInitialize() throws IOException {
        last = LastInput.at(Path.of(System.getProperty(LAST_INPUT)));
        runner = new Runner(Targets.open(System.getProperty(TARGET)));
    }

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        last.set(input);
        runner.run(input);
    }

    /** Jazzer calls this from a shutdown hook, in which its own answer to a finding, System.exit, waits for itself. */
    public static void fuzzerTearDown() {
        try (Runner closed = runner) {
            closed.checkLeaks();
        } catch (Throwable finding) {
            finding.printStackTrace();
            Runtime.getRuntime().halt(FINDING);
        }
    }
}
