// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.blkio;

/** libblkio refused a call or a request: the message holds what it said. */
public final class BlkioException extends RuntimeException {
    public BlkioException(String message) {
        super(message);
    }
}
