// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.volume.StoreVolume;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;

/**
 * What a history takes in its store, in bytes.
 *
 * @param data content as it was written
 * @param packed content that was packed
 * @param metadata records
 * @param layers the index
 */
public record StoredBytes(long data, long packed, long metadata, long layers) {
    public static StoredBytes of(History history) {
        try {
            return new StoredBytes(
                    size(history.data()), size(history.packed()), size(history.meta()), size(history.layers()));
        } catch (IOException e) {
            throw StoreException.of("history of " + history.disk(), e);
        }
    }

    private static long size(StoreVolume volume) throws IOException {
        long bytes = 0;
        for (var name : names(volume)) {
            try (var segment = volume.open(name)) {
                bytes += segment.size();
            } catch (NoSuchFileException _) {
                // It went since the list was made.
            }
        }
        return bytes;
    }

    private static List<String> names(StoreVolume volume) throws IOException {
        try {
            return volume.list();
        } catch (NoSuchFileException _) {
            // Of an older history that has no such volume yet.
            return List.of();
        }
    }

    /** As it was written, or packed. */
    public long content() {
        return data + packed;
    }

    public long total() {
        return content() + metadata + layers;
    }
}
