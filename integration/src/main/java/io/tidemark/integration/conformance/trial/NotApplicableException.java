// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

/** A rule says nothing about this backend. */
public final class NotApplicableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public NotApplicableException(String reason) {
        super(reason, null, false, false);
    }
}
