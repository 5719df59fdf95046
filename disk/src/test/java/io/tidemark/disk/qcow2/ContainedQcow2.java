// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/** A way to the threads of an image. */
public final class ContainedQcow2 {
    private ContainedQcow2() {}

    /** Does it in the thread of its tables, behind all that this was told to do so far. */
    public static void behindMetadata(Qcow2Image image, Runnable task) {
        image.metadata().give(_ -> task.run());
    }

    /** Likewise in the thread of its clusters, of an image that is written to. */
    public static void behindAllocation(Qcow2Image image, Runnable task) {
        image.tables().space().worker().give(_ -> task.run());
    }
}
