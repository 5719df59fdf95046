// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

/** Told now and then how far a long operation is. Called by one thread; returns at once. */
@FunctionalInterface
public interface Progress {
    /** Tells nobody. */
    Progress NONE = (done, total) -> {};

    /** @param done bytes dealt with so far, of {@code total} */
    void at(long done, long total);
}
