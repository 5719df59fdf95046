// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.cdp.write.SpoolRoom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A disk's spool in its state folder. */
record LocalSpool(DiskConfig config) {
    private static final Logger LOG = LoggerFactory.getLogger(LocalSpool.class);

    /** Where it may wait; none by wish, or if there is no place: that is told, and the history goes on without. */
    Optional<SpoolRoom> room() {
        if (config.spool() == 0) {
            return Optional.empty();
        }
        try {
            config.state().create();
            return SpoolRoom.in(folder(), config.spool());
        } catch (AgentException | IOException e) {
            LOG.warn(
                    "disk {}: has no spool, what its store can't take will be lost: {}",
                    config.id(),
                    e instanceof AgentException ? e.getMessage() : folder() + ": " + e);
            return Optional.empty();
        }
    }

    /** Whether something in it waits for the store. */
    boolean isNeeded() {
        if (config.spool() == 0 || !Files.isDirectory(folder())) {
            return false;
        }
        try (var segments = Files.list(folder())) {
            return segments.findAny().isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    private Path folder() {
        return config.state().spool(config.id());
    }
}
