// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.disk.posix.Libc;
import io.tidemark.vhost.VhostServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native calls. Their stubs are generated when they are first needed, which takes a quarter of a second in all; a second
 * core can do that while the first reads the command line.
 */
public final class Bindings {
    private static final Logger LOG = LoggerFactory.getLogger(Bindings.class);

    private Bindings() {}

    /** Begins to load them. Who needs one before it is there waits for it, as for any class that is being initialised. */
    public static void loadMeanwhile() {
        Thread.ofPlatform().daemon().name("bindings").start(() -> {
            try {
                VhostServer.loadBindings();
                Libc.errno();
            } catch (RuntimeException | LinkageError e) {
                LOG.debug("bindings: left to who needs them", e);
            }
        });
    }
}
