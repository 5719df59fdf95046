// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** A store could not be opened, written, read or understood. The message names the thing, the reason and the remedy. */
public final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Stable names of what went wrong, for programs. */
    public enum Code {
        /** The point or disk id is not written as it should be. */
        BAD_NAME,
        /** No store, or no such disk in it. */
        NOT_FOUND,
        NO_PERMISSION,
        /** Another writer has the history. */
        IN_USE,
        /** The disk's size is not the recorded one. */
        WRONG_SIZE,
        /** Written by a later version, or not a store. */
        UNSUPPORTED,
        /** A checksum or a structure is wrong. */
        DAMAGED,
        /** The point lies in a gap. */
        NOT_RESTORABLE,
        /** The point is before the history's begin or after its end. */
        BEYOND,
        NO_SPACE,
        IO
    }

    private final Code code;

    public StoreException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public StoreException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** The exception for a failed operation on {@code thing}. */
    public static StoreException of(String thing, IOException cause) {
        String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return switch (cause) {
            case NoSuchFileException _ ->
                new StoreException(
                        Code.NOT_FOUND, thing + ": " + reason + " is missing: was the store moved or deleted?", cause);
            case AccessDeniedException _ ->
                new StoreException(
                        Code.NO_PERMISSION,
                        thing + ": no permission for " + reason + ": check its owner and mode",
                        cause);
            default ->
                reason.contains("No space left") || reason.contains("quota exceeded")
                        ? new StoreException(
                                Code.NO_SPACE,
                                thing + ": no space left: free some or give the store a larger place",
                                cause)
                        : new StoreException(Code.IO, thing + ": " + reason + ": check the storage below it", cause);
        };
    }

    public Code code() {
        return code;
    }
}
