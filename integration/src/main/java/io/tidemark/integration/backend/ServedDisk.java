// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.backend;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A disk for a backend to serve.
 *
 * @param image a file, by its name's end of whatever kind; or the name of an image in a cluster
 * @param store the folder of its history; none means no capture
 * @param durableFlushes whether the guest's flushes wait for the history (durability=flush)
 */
public record ServedDisk(
        String id,
        Path image,
        Path socket,
        int queues,
        boolean readOnly,
        Optional<Path> store,
        String spool,
        boolean durableFlushes) {
    /** With a spool of the default size. */
    public ServedDisk(String id, Path image, Path socket, int queues, boolean readOnly, Optional<Path> store) {
        this(id, image, socket, queues, readOnly, store, "1G", false);
    }

    /** Disk vda, without capture. */
    public static ServedDisk of(Path image, Path socket, int queues) {
        return new ServedDisk("vda", image, socket, queues, false, Optional.empty());
    }

    /** Disk vda, captured into a store. */
    public static ServedDisk captured(Path image, Path socket, int queues, Path store) {
        return new ServedDisk("vda", image, socket, queues, false, Optional.of(store));
    }

    /** The same, not to be written. */
    public ServedDisk asReadOnly() {
        return new ServedDisk(id, image, socket, queues, true, store, spool, durableFlushes);
    }

    /** The same with another spool. */
    public ServedDisk withSpool(String size) {
        return new ServedDisk(id, image, socket, queues, readOnly, store, size, durableFlushes);
    }

    /** The same, with flushes that complete when the history is durable. */
    public ServedDisk withDurableFlushes() {
        return new ServedDisk(id, image, socket, queues, readOnly, store, spool, true);
    }

    private String name() {
        String place = image.toString();
        if (place.startsWith("rbd:") || place.startsWith("qcow2:rbd:")) {
            return place;
        }
        return (place.endsWith(".qcow2") ? "qcow2:" : "raw:") + place;
    }

    /** The value of {@code tidemark serve --disk}. */
    public String option() {
        return "id=" + id + ",image=" + name() + ",socket=" + socket + ",queues=" + queues
                + (readOnly ? ",read-only=on" : "")
                + store.map(s -> ",store=" + s + ",state=" + socket.resolveSibling("state") + ",spool=" + spool)
                        .orElse("")
                + (durableFlushes ? ",durability=flush" : "");
    }
}
