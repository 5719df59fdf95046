// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import java.io.IOException;
import java.nio.file.Path;

/** What Jazzer calls. */
public final class Entry {
    static final String TARGET = "tidemark.fuzz.target";
    static final String LAST_INPUT = "tidemark.fuzz.last";

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

    public static void fuzzerTearDown() throws Exception {
        try (Runner closed = runner) {
            closed.checkLeaks();
        }
    }
}
