// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import java.util.UUID;

/**
 * A writer's stretch of a history.
 *
 * @param history which one
 * @param former the number of the stretch before; 0 if it had none, or if its end can't be believed
 * @param number of this stretch; recorded with its first gap
 */
public record Session(UUID history, int former, int number) {
    /** Of a history that doesn't count them. */
    public static final Session NONE = new Session(new UUID(0, 0), 0, 0);
}
