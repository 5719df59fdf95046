// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import io.tidemark.disk.posix.Libc;
import java.util.Locale;

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

    /**
     * The exception for a request that failed.
     *
     * @param image as messages name it
     * @param length in bytes, as the offset
     * @param status the negative error number
     */
    public static ImageException of(String image, Request.Kind kind, long offset, long length, int status) {
        return new ImageException(
                Code.IO,
                "image " + image + ": " + kind.name().toLowerCase(Locale.ROOT).replace('_', ' ') + " of " + length
                        + " bytes at " + offset + " failed: " + Libc.describe(-status));
    }

    public Code code() {
        return code;
    }
}
