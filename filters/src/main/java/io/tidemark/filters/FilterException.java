// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters;

/** Something between guest and image could not be done. The message names the thing, the reason and the remedy. */
public final class FilterException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Stable names of what went wrong, for programs. */
    public enum Code {
        /** The change log threw: nothing more can be recorded through it. */
        LOG_FAILED,
        /** Capture has ended, or protection is off. */
        NOT_RECORDING,
        /** A mark over several disks was given up. */
        NO_CUT,
        /** No memory for the copies of writes. */
        NO_MEMORY,
        /** A limit of the throttle is out of range. */
        BAD_LIMIT,
        /** An overlay lies on something else, or can't be read. */
        BAD_OVERLAY,
        /** The intent map can't be kept. */
        NO_INTENT
    }

    private final Code code;

    public FilterException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public FilterException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
