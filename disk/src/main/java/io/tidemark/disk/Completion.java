// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

/** A place on the way of a request that its completion passes through again. */
@FunctionalInterface
public interface Completion {
    /**
     * The stages below are done with the request. The stage passes the news on with {@link Request#complete(int)}, now
     * or later, with the same status or another.
     *
     * @param status 0, or a negative errno
     */
    void completed(Request request, int status);
}
