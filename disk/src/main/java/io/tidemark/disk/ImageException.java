// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

/** An image could not be named, opened, locked or worked with. The message names the image, the reason and the remedy. */
public final class ImageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Stable names of what went wrong, for programs. */
    public enum Code {
        BAD_NAME,
        NOT_FOUND,
        EXISTS,
        NO_PERMISSION,
        IN_USE,
        UNSUPPORTED,
        TOO_SMALL,
        IO
    }

    private final Code code;

    public ImageException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public ImageException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
