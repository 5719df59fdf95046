// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

/** The header of every message, in the host's byte order (vhost-user.rst, "Message Specification", "Header"). */
public final class MessageHeader {
    public static final long REQUEST = 0;
    public static final long FLAGS = 4;
    public static final long PAYLOAD_SIZE = 8;
    public static final int SIZE = 12;

    public static final int VERSION_MASK = 0x3;
    public static final int VERSION = 0x1;
    public static final int REPLY = 0x4;
    public static final int NEED_REPLY = 0x8;

    /** Larger than any payload that there is; more means that the stream is broken. */
    public static final int MAX_PAYLOAD = 4096;

    private MessageHeader() {}
}
