// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost;

/**
 * A frontend asked for what can't be, or the socket that it speaks on failed. The message names the thing, the reason
 * and the remedy.
 */
public final class VhostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Stable names of what went wrong, for programs. */
    public enum Code {
        /** The path can't be a socket, or the socket can't be made. */
        BAD_SOCKET,
        /** Another process listens on the socket. */
        SOCKET_IN_USE,
        /** A message that breaks the vhost-user framing: nothing after it can be understood. */
        BAD_FRAMING,
        /** A message that is well formed, but asks for what was not offered or makes no sense now. */
        BAD_REQUEST,
        /** A memory region that overlaps, overflows or can't be mapped. */
        BAD_MEMORY,
        /** A ring whose size or addresses are wrong. */
        BAD_RING,
        /** The connection broke. */
        DISCONNECTED
    }

    private final Code code;

    public VhostException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public VhostException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
