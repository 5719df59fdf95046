// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.cdp.StoreName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * In which store a disk's history was last, noted in its state folder: a store of that name that is missing, or doesn't answer, is
 * in trouble, and no mistake of whoever started the agent.
 */
record KnownStore(DiskConfig config) {
    private static final Logger LOG = LoggerFactory.getLogger(KnownStore.class);

    boolean is(StoreName store) {
        try {
            return Files.isRegularFile(file())
                    && Files.readString(file()).strip().equals(store.toString());
        } catch (IOException e) {
            LOG.warn("disk {}: {} can't be read: {}", config.id(), file(), e.toString());
            return false;
        }
    }

    /** The disk has a history in that store. */
    void note(StoreName store) {
        if (is(store)) {
            return;
        }
        try {
            config.state().create();
            Path fresh = file().resolveSibling(file().getFileName() + ".new");
            Files.writeString(fresh, store + "\n");
            Files.move(fresh, file(), StandardCopyOption.ATOMIC_MOVE);
        } catch (AgentException | IOException e) {
            LOG.warn(
                    "disk {}: in which store its history is can't be noted, a start without that store will be refused: {}",
                    config.id(),
                    e.toString());
        }
    }

    Path file() {
        return config.state().store(config.id());
    }
}
