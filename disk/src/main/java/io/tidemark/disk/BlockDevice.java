// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

/**
 * What serves requests on behalf of one loop: the bottom of the way (an image seen through the loop's io_uring), or a
 * filter that stands before another device.
 *
 * <p>A device belongs to the one thread that owns its loop; every method is called on that thread, and so is every
 * {@link Request#complete(int)}. The data path through a device neither blocks, locks, allocates, logs nor throws.
 */
public interface BlockDevice {
    /**
     * Takes the request until it calls {@link Request#complete(int)} on it, which may happen before this returns.
     *
     * <p>The request was checked: its range lies inside the disk and is a multiple of 512 bytes, and its data buffers
     * add up to its length. A filter that wants to see the completion {@linkplain Request#onCompletion pushes} itself
     * and passes the request on.
     */
    void submit(Request request);

    /**
     * Passes on at once what it holds back for longer than it has work with it: somebody waits until all that was submitted
     * is complete. A device that holds nothing back has nothing to do.
     */
    default void letGo() {}
}
