// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.uring;

/** Where completions of an io_uring go. */
@FunctionalInterface
public interface CompletionTarget {
    /**
     * An operation has completed. Called by {@link IoUring#reap} on the ring's thread.
     *
     * @param token what the operation was prepared with
     * @param result what the operation's system call would have returned, errors as negative errno
     * @param more whether the operation goes on and will complete again (IORING_CQE_F_MORE)
     */
    void completed(int token, int result, boolean more);
}
