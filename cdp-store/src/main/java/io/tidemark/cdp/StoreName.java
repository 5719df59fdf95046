// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.volume.DirectoryPlace;
import io.tidemark.cdp.volume.StorePlace;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** A store as users name it: a directory. */
public record StoreName(Path directory) {
    /** @throws StoreException BAD_NAME, telling what a name looks like */
    public static StoreName parse(String text) {
        try {
            if (!text.isEmpty()) {
                return new StoreName(Path.of(text).toAbsolutePath().normalize());
            }
        } catch (InvalidPathException _) {
            // Told below.
        }
        throw new StoreException(Code.BAD_NAME, "store \"" + text + "\": name a directory");
    }

    /** Where it lies; nothing is opened or looked for yet. */
    public StorePlace place() {
        return DirectoryPlace.at(directory);
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
