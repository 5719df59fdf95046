// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.volume.StoreVolume;
import java.util.UUID;

/**
 * Where the history of a disk lies.
 *
 * @param disk the disk's id, for messages
 * @param id written into every segment
 * @param capacity the disk's size in bytes
 * @param data the volume of compressed content
 * @param meta the volume of records
 * @param packed the volume of data segments that were packed anew
 */
public record History(String disk, UUID id, long capacity, StoreVolume data, StoreVolume meta, StoreVolume packed) {
    /** The highest number of a segment. */
    public static final int LAST_SEGMENT = 99_999_999;

    /** The largest disk that has a history: 1 PiB. */
    public static final long LARGEST_DISK = 1L << 50;

    /** Digits of a segment's name. */
    public static String segmentName(long number) {
        if (number <= 0 || number > LAST_SEGMENT) {
            throw new IllegalArgumentException("segment number " + number);
        }
        var digits = Long.toString(number);
        return "00000000".substring(digits.length()) + digits;
    }
}
