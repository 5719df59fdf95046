// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/** What a {@link Worker} works with. */
interface Means extends AutoCloseable {
    /** As long as it takes until there is a job. */
    long FOREVER = Long.MAX_VALUE;

    /**
     * There is no job to be done just now. It must not throw.
     *
     * @return for how long at the most it isn't to be asked again, in milliseconds, if no job comes
     */
    default long rest() {
        return FOREVER;
    }

    @Override
    void close();
}
