// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

import java.nio.file.Path;

/** A backend under test. */
public interface Target extends AutoCloseable {
    Path socket();

    /** Whether its process runs, as far as can be told. */
    boolean alive();

    /** Ends what is left of it and starts it anew. @return false where that is not in our hands */
    boolean restart();

    @Override
    void close();

    /** Somebody else's backend. */
    static Target at(Path socket) {
        return new Target() {
            @Override
            public Path socket() {
                return socket;
            }

            @Override
            public boolean alive() {
                return true;
            }

            @Override
            public boolean restart() {
                return false;
            }

            @Override
            public void close() {}
        };
    }
}
