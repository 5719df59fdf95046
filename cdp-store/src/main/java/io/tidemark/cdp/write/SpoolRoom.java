// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import io.tidemark.cdp.volume.DirectoryVolume;
import io.tidemark.cdp.volume.StoreVolume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * Where a disk's spool lies, and how large it may become.
 *
 * @param volume of this disk alone
 * @param bytes at least {@link #LEAST}
 */
public record SpoolRoom(StoreVolume volume, long bytes) {
    public static final long LEAST = 4 << 20;

    public SpoolRoom {
        if (bytes < LEAST) {
            throw new IllegalArgumentException("spool of " + bytes + " bytes");
        }
    }

    /** A spool in a directory, which is made, for this user alone: what waits there is a guest's content. None if {@code bytes} is 0. */
    public static Optional<SpoolRoom> in(Path directory, long bytes) throws IOException {
        if (bytes == 0) {
            return Optional.empty();
        }
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return Optional.of(new SpoolRoom(DirectoryVolume.in(directory), bytes));
    }

    /** So large that there are several, so small that what was delivered is soon given back. */
    long segmentBytes() {
        return Math.clamp(bytes / 16, 1 << 20, 16 << 20);
    }
}
