// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import java.lang.foreign.Arena;

/** A change of one object, which happens in full or not at all, as an operation of librados. */
@FunctionalInterface
interface ObjectChange {
    /** Adds what is to happen. @param arena for what the operation points to */
    void describe(long operation, Arena arena);
}
