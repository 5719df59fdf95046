// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.process;

/** Something of the test environment failed: the message names the thing, the reason, and where to look. */
public final class LabException extends RuntimeException {
    public LabException(String message) {
        super(message);
    }

    public LabException(String message, Throwable cause) {
        super(message, cause);
    }
}
