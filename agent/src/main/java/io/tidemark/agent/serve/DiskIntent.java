// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.filters.intent.IntentIdentity;
import io.tidemark.filters.intent.IntentMap;
import io.tidemark.filters.intent.LocalFile;
import io.tidemark.filters.protect.OpenIntent;
import io.tidemark.filters.protect.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** A disk's intent map in its state folder. */
final class DiskIntent implements OpenIntent {
    private static final String RAW = "raw:";

    private final DiskConfig config;

    DiskIntent(DiskConfig config) {
        this.config = config;
    }

    @Override
    public IntentMap open(Session session, long capacity) throws IOException {
        try {
            config.state().create();
        } catch (AgentException e) {
            throw new IOException(e.getMessage(), e);
        }
        Path path = config.state().intent(config.id());
        try {
            return IntentMap.open(
                    new IntentIdentity(config.id(), config.image(), capacity, session.history()),
                    LocalFile.open(path),
                    session.former(),
                    image());
        } catch (IOException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        }
    }

    /** Which file it is, and when it was last changed. Of a device nothing is known. */
    @Override
    public String image() {
        Path path = Path.of(config.image().substring(RAW.length()));
        try {
            if (!Files.isRegularFile(path)) {
                return "";
            }
            Map<String, Object> found = Files.readAttributes(path, "unix:dev,ino,size,lastModifiedTime,ctime");
            return new TreeMap<>(found).values().toString();
        } catch (IOException e) {
            return "";
        }
    }
}
