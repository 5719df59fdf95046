// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

/** The driver broke the rules of the ring itself, so that nothing in it can be trusted: the ring is stopped. */
final class BrokenRingException extends Exception {
    private static final long serialVersionUID = 1;

    BrokenRingException(String reason) {
        super(reason);
    }
}
