// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.volume.StoreVolume;
import java.io.IOException;
import java.util.UUID;

/**
 * Where the history of a disk lies.
 *
 * @param disk the disk's id, for messages
 * @param id written into every segment
 * @param capacity the disk's size in bytes
 * @param place its volumes and small files; a writer's is that of its lease
 */
public record History(String disk, UUID id, long capacity, StorePlace place) {
    private static final String DATA = "data";
    private static final String META = "meta";
    private static final String PACKED = "packed";
    private static final String LAYERS = "layers";

    /** Makes what a history needs where it isn't yet. */
    static void make(StorePlace place) throws IOException {
        place.make(DATA, META, PACKED, LAYERS);
    }

    /** The volume of compressed content. */
    public StoreVolume data() {
        return place.bulk(DATA);
    }

    /** The volume of records. */
    public StoreVolume meta() {
        return place.volume(META);
    }

    /** The volume of data segments that were packed anew. */
    public StoreVolume packed() {
        return place.bulk(PACKED);
    }

    /** The volume of layers. */
    public StoreVolume layers() {
        return place.volume(LAYERS);
    }

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
