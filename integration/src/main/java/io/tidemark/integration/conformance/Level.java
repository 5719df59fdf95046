// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

/** How much a rule binds. */
public enum Level {
    /** The specification says must, or nothing works without it. */
    MUST,
    /** The specification says should, or a frontend in use counts on it. */
    SHOULD,
    /** A feature that a backend may leave out even where the specification describes it. */
    OPTIONAL
}
