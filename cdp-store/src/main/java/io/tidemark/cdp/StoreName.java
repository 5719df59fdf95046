// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.rbd.RbdPlace;
import io.tidemark.cdp.rbd.RbdStoreName;
import io.tidemark.cdp.volume.DirectoryPlace;
import io.tidemark.cdp.volume.StorePlace;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** A store as users name it. */
public sealed interface StoreName {
    /** A directory, on whatever file system. */
    record InDirectory(Path directory) implements StoreName {
        @Override
        public StorePlace place() {
            return DirectoryPlace.at(directory);
        }

        @Override
        public String toString() {
            return directory.toString();
        }
    }

    /** A pool of a Ceph cluster, or a namespace in one. */
    record InPool(RbdStoreName pool) implements StoreName {
        @Override
        public StorePlace place() {
            return RbdPlace.of(pool);
        }

        @Override
        public String toString() {
            return pool.toString();
        }
    }

    /** @throws StoreException BAD_NAME, telling what a name looks like */
    static StoreName parse(String text) {
        if (text.startsWith(RbdStoreName.PREFIX)) {
            return new InPool(RbdStoreName.parse(text));
        }
        try {
            if (!text.isEmpty()) {
                return new InDirectory(Path.of(text).toAbsolutePath().normalize());
            }
        } catch (InvalidPathException _) {
            // Told below.
        }
        throw new StoreException(Code.BAD_NAME, "store \"" + text + "\": name a directory, or rbd:POOL[/NAMESPACE]");
    }

    /** Where it lies; nothing is opened or looked for yet. */
    StorePlace place();
}
