// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** A process' way to a file: somebody is told of each step, and the process may die behind any. */
public final class SteppedFile implements StableFile {
    private final CrashFile file;
    private final Consumer<String> after;
    private int left = Integer.MAX_VALUE;

    /** @param after told of each step that was taken, by whoever takes it */
    public SteppedFile(CrashFile file, Consumer<String> after) {
        this.file = file;
        this.after = after;
    }

    /** Of what the process does from now on nothing reaches the file but so many steps. */
    public synchronized void dieAfter(int steps) {
        left = steps;
    }

    /** Whether it has come to its last step. */
    public synchronized boolean isDead() {
        return left == 0;
    }

    private interface Step {
        void take() throws IOException;
    }

    private void step(String name, Step step) throws IOException {
        synchronized (this) {
            if (left == 0) {
                return;
            }
            left--;
            step.take();
        }
        after.accept(name);
    }

    @Override
    public long size() {
        return file.size();
    }

    @Override
    public void read(long at, ByteBuffer into) {
        file.read(at, into);
    }

    @Override
    public void write(long at, ByteBuffer from) throws IOException {
        step("the map's " + (at == 0 ? "header" : "bits"), () -> file.write(at, from));
    }

    @Override
    public void sync() throws IOException {
        step("the map's sync", file::sync);
    }

    @Override
    public void delete() throws IOException {
        step("the map's deletion", file::delete);
    }

    @Override
    public void close() {}
}
