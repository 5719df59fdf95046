// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.backend;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A disk for a backend to serve.
 *
 * @param store the folder of its history; none means no capture
 */
public record ServedDisk(String id, Path image, Path socket, int queues, Optional<Path> store) {

    /** Disk vda, without capture. */
    public static ServedDisk of(Path image, Path socket, int queues) {
        return new ServedDisk("vda", image, socket, queues, Optional.empty());
    }

    /** Disk vda, captured into a store. */
    public static ServedDisk captured(Path image, Path socket, int queues, Path store) {
        return new ServedDisk("vda", image, socket, queues, Optional.of(store));
    }

    /** The value of {@code tidemark serve --disk}. */
    public String option() {
        return "id=" + id + ",image=raw:" + image + ",socket=" + socket + ",queues=" + queues
                + store.map(s -> ",store=" + s).orElse("");
    }
}
