// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.uring;

/** An io_uring is of no more use; what was on its way there will not be heard of again. */
public final class RingFailedException extends RuntimeException {
    RingFailedException(String message) {
        super(message);
    }
}
