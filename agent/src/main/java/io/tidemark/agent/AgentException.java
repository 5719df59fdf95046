// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent;

import io.tidemark.cdp.StoreException;
import io.tidemark.disk.ImageException;
import io.tidemark.vhost.VhostException;

/**
 * Something could not be done. The message is one line of the form {@code what: why; remedy}: it names the thing, the
 * reason, and what to do about it.
 */
public final class AgentException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Stable names of what went wrong, for programs; the control API sends them, the command line maps them to exit codes. */
    public enum Code {
        /** The check or the operation was carried out, and its result is bad: damage was found. */
        FAILED,
        /** The command line, the configuration or a request is wrong. */
        USAGE,
        NOT_FOUND,
        IN_USE,
        IO,
        /** No agent answers on the control socket. */
        UNREACHABLE,
        /** It would have to overwrite something, or the disk is in a state that does not allow it. */
        REFUSED,
        NO_PERMISSION,
        UNSUPPORTED,
        /** A bug in Tidemark. */
        INTERNAL
    }

    private final Code code;

    public AgentException(Code code, String what, String why, String remedy) {
        this(code, what + ": " + why + "; " + remedy, null);
    }

    public AgentException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** The same failure, told by an image. */
    public static AgentException of(ImageException e) {
        Code code = switch (e.code()) {
            case BAD_NAME -> Code.USAGE;
            case NOT_FOUND -> Code.NOT_FOUND;
            case EXISTS, TOO_SMALL -> Code.REFUSED;
            case NO_PERMISSION -> Code.NO_PERMISSION;
            case IN_USE -> Code.IN_USE;
            case UNSUPPORTED -> Code.UNSUPPORTED;
            case IO -> Code.IO;
        };
        return new AgentException(code, e.getMessage(), e);
    }

    /** The same failure, told by a store. */
    public static AgentException of(StoreException e) {
        Code code = switch (e.code()) {
            case BAD_NAME -> Code.USAGE;
            case NOT_FOUND -> Code.NOT_FOUND;
            case NO_PERMISSION -> Code.NO_PERMISSION;
            case IN_USE -> Code.IN_USE;
            case WRONG_SIZE, NOT_RESTORABLE, BEYOND -> Code.REFUSED;
            case UNSUPPORTED -> Code.UNSUPPORTED;
            case DAMAGED -> Code.FAILED;
            case NO_SPACE, IO -> Code.IO;
        };
        return new AgentException(code, e.getMessage(), e);
    }

    /** The same failure, told by a disk's socket. */
    public static AgentException of(VhostException e) {
        Code code = e.code() == VhostException.Code.SOCKET_IN_USE ? Code.IN_USE : Code.IO;
        return new AgentException(code, e.getMessage(), e);
    }

    public Code code() {
        return code;
    }
}
