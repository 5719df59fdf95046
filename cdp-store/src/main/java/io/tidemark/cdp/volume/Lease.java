// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;

/**
 * A right that one holder has at a time, and that ends with its death. It may also be lost: who is cut off from the store for
 * long, or stopped, must expect that another has been given it.
 */
public interface Lease extends AutoCloseable {
    /**
     * The place where it was taken, for what the holder writes; to be called once, before anything is read that is gone on with. From
     * then on nothing that former holders do, if they live and don't know yet that it was lost, changes what this one writes.
     */
    StorePlace place() throws IOException;

    /**
     * Returns if the lease was still held when this was called: what had been synced before then is there for every later holder.
     *
     * @throws IOException if it is lost, or if that can't be told
     */
    void check() throws IOException;

    /** Gives it back. Never throws: it ends anyway. */
    @Override
    void close();
}
