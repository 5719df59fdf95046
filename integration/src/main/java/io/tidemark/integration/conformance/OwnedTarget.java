// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

import io.tidemark.integration.backend.Backend;
import java.nio.file.Path;
import java.util.function.Supplier;

/** A backend that is started here, and again when a check has killed it. */
public final class OwnedTarget implements Target {
    private final Supplier<? extends Backend> start;
    private Backend backend;

    public OwnedTarget(Supplier<? extends Backend> start) {
        this.start = start;
        this.backend = start.get();
    }

    @Override
    public Path socket() {
        return backend.socket();
    }

    @Override
    public boolean alive() {
        return backend.isAlive();
    }

    @Override
    public boolean restart() {
        if (backend.isAlive()) {
            backend.kill();
        }
        backend = start.get();
        return true;
    }

    @Override
    public void close() {
        // One that hangs does not end when it is asked to.
        if (backend.isAlive()) {
            backend.kill();
        }
        backend.close();
    }
}
