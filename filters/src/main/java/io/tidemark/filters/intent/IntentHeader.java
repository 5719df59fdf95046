// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The first sector of a map's file (store-format.md, "Intent map"): whose it is, and whether it is to be believed.
 *
 * @param believer who may believe that the bits tell of all that was written to the image
 * @param session of the history: the one in which the map is used
 * @param former the one before, for a crash between the map's entry into a session and the history's
 * @param stamp what the image was like when it was left clean, empty while it is in use
 * @param heir the number of the heir who may believe it, 0 if it was left to none
 */
record IntentHeader(IntentIdentity identity, Believer believer, int session, int former, String stamp, int heir) {
    static final int SIZE = 512;

    /** In the order of their numbers. */
    enum Believer {
        NOBODY,
        ANYBODY,
        /** Who has the heir's number, and so knows what was changed since. */
        HEIR
    }

    private static final long MAGIC_VALUE = 0x544e544e4b524d54L; // "TMRKNTNT"
    private static final int CURRENT = 1;
    private static final int MAGIC = 0;
    private static final int VERSION = 8;
    private static final int BELIEVER = 12;
    private static final int HISTORY = 16;
    private static final int CAPACITY = 32;
    private static final int SESSION = 40;
    private static final int FORMER = 44;
    private static final int DISK = 48;
    private static final int DISK_BYTES = 64;
    private static final int STAMP = 112;
    private static final int STAMP_BYTES = 128;
    private static final int IMAGE = 240;
    private static final int IMAGE_BYTES = 264;
    private static final int HEIR = 504;
    private static final int CHECKSUM = 508;

    ByteBuffer bytes() {
        ByteBuffer to = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        to.putLong(MAGIC, MAGIC_VALUE)
                .putInt(VERSION, CURRENT)
                .putInt(BELIEVER, believer.ordinal())
                .putLong(HISTORY, identity.history().getMostSignificantBits())
                .putLong(HISTORY + 8, identity.history().getLeastSignificantBits())
                .putLong(CAPACITY, identity.capacity())
                .putInt(SESSION, session)
                .putInt(FORMER, former)
                .put(DISK, text(identity.disk(), DISK_BYTES))
                .put(STAMP, text(stamp, STAMP_BYTES))
                .put(IMAGE, text(identity.image(), IMAGE_BYTES))
                .putInt(HEIR, heir)
                .putInt(CHECKSUM, checksum(to));
        return to;
    }

    /**
     * Whether a header is of this disk and of this stretch of the history, and is to be believed. An heir's disk may have grown.
     *
     * @param heir the number of who wants to know, 0 if it is nobody's heir
     * @param last the history's last session
     * @param now what the image is like
     */
    static boolean isTrusted(ByteBuffer header, int heir, IntentIdentity identity, int last, String now) {
        header.order(ByteOrder.LITTLE_ENDIAN);
        boolean inherited =
                heir != 0 && header.getInt(BELIEVER) == Believer.HEIR.ordinal() && header.getInt(HEIR) == heir;
        return header.getLong(MAGIC) == MAGIC_VALUE
                && header.getInt(CHECKSUM) == checksum(header)
                && header.getInt(VERSION) == CURRENT
                && (inherited || header.getInt(BELIEVER) == Believer.ANYBODY.ordinal())
                && last != 0
                && (header.getInt(SESSION) == last || header.getInt(FORMER) == last)
                && header.getLong(HISTORY) == identity.history().getMostSignificantBits()
                && header.getLong(HISTORY + 8) == identity.history().getLeastSignificantBits()
                && (header.getLong(CAPACITY) == identity.capacity()
                        || inherited && header.getLong(CAPACITY) < identity.capacity())
                && isOf(header, identity.disk(), identity.image())
                && (header.get(STAMP) == 0 || holds(header, STAMP, text(now, STAMP_BYTES)));
    }

    /** Of a header that is trusted: the disk's size when it was written. */
    static long capacity(ByteBuffer header) {
        return header.getLong(CAPACITY);
    }

    /** Whether the header names this disk and this image. */
    static boolean isOf(ByteBuffer header, String disk, String image) {
        return holds(header, DISK, text(disk, DISK_BYTES)) && holds(header, IMAGE, text(image, IMAGE_BYTES));
    }

    private static boolean holds(ByteBuffer header, int at, byte[] text) {
        byte[] found = new byte[text.length];
        header.get(at, found);
        return Arrays.equals(found, text);
    }

    /** As much of it as there is room for; what is longer is told apart by its beginning. */
    private static byte[] text(String text, int room) {
        return Arrays.copyOf(text.getBytes(StandardCharsets.UTF_8), room);
    }

    private static int checksum(ByteBuffer header) {
        CRC32C crc = new CRC32C();
        crc.update(header.array(), header.arrayOffset(), CHECKSUM);
        return (int) crc.getValue();
    }
}
