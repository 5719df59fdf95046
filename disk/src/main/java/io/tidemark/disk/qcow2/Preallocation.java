// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/** How much of a new image is there from the beginning. */
public enum Preallocation {
    /** Header and tables, as small as can be. */
    OFF,
    /** Each cluster has its place in the file, which has holes there. */
    METADATA,
    /** Likewise, and the file system has given it the space. */
    FALLOC,
    /** Likewise, and zeros are written there. */
    FULL
}
