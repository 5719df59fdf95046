// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.backend;

import java.nio.file.Path;

/** A running vhost-user-blk backend, whichever it is. Closing ends its process. */
public interface Backend extends AutoCloseable {
    /** The socket of its only or first disk; it listens. */
    Path socket();

    long pid();

    boolean isAlive();

    /** SIGKILL: nothing is flushed, nothing is said. */
    void kill();

    @Override
    void close();
}
