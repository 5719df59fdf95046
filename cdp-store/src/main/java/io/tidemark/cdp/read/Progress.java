// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

/** Told how far a long operation is. Called by one thread, often; returns at once. */
@FunctionalInterface
public interface Progress {
    /** @param done bytes dealt with so far, of {@code total} */
    void at(long done, long total);
}
