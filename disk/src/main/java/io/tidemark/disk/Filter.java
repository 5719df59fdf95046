// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

/** Something that can be put between a guest and its image, on all loops of a disk. */
@FunctionalInterface
public interface Filter {
    /** Makes the loop's own piece of the filter. Called on the loop's thread. */
    BlockDevice attach(Loop loop, BlockDevice below);
}
