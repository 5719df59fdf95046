// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.disk.Image;
import io.tidemark.filters.intent.IntentIdentity;
import io.tidemark.filters.intent.IntentMap;
import io.tidemark.filters.intent.LocalFile;
import io.tidemark.filters.protect.OpenIntent;
import io.tidemark.filters.protect.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A disk's intent map in its state folder. */
final class DiskIntent implements OpenIntent {
    private static final Logger LOG = LoggerFactory.getLogger(DiskIntent.class);

    private final DiskConfig config;
    private final Image image;

    DiskIntent(DiskConfig config, Image image) {
        this.config = config;
        this.image = image;
    }

    @Override
    public IntentMap open(Session session, long capacity, int heir) throws IOException {
        try {
            config.state().create();
        } catch (AgentException e) {
            throw new IOException(e.getMessage(), e);
        }
        Path path = config.state().intent(config.id());
        String found = image.versionFound(); // before the file is open: nothing closes it if this fails
        try {
            return IntentMap.open(
                    new IntentIdentity(config.id(), config.image(), capacity, session.history()),
                    LocalFile.open(path),
                    session.former(),
                    found,
                    heir);
        } catch (IOException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void forget() throws IOException {
        Path path = config.state().intent(config.id());
        if (Files.exists(path)) {
            try (LocalFile map = LocalFile.open(path)) {
                if (IntentMap.isOf(map, config.id(), config.image())) {
                    map.delete();
                }
            }
        }
    }

    /** The image is going to be changed without a history. */
    void forgetIfPossible() {
        try {
            forget();
        } catch (IOException e) {
            LOG.warn(
                    "disk {}: its intent map can't be removed ({}): delete {} before the disk is protected again",
                    config.id(),
                    e.getMessage(),
                    config.state().intent(config.id()));
        }
    }

    @Override
    public String image() {
        return image.version();
    }
}
