// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.integration.storage.GlusterLayers;
import io.tidemark.integration.storage.GlusterVolume;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/** One GlusterFS volume of each kind for all tests of a run; they end with the process. */
final class Gluster {
    private static final Map<GlusterLayers, GlusterVolume> VOLUMES = new EnumMap<>(GlusterLayers.class);
    private static int folders;

    private Gluster() {}

    static GlusterVolume volume() {
        return volume(GlusterLayers.SINGLE);
    }

    static synchronized GlusterVolume volume(GlusterLayers layers) {
        assumeTrue(
                GlusterVolume.isPossible(),
                "glusterfs-server and glusterfs-client are not installed, there is no /dev/fuse, or this is not root");
        return VOLUMES.computeIfAbsent(layers, Gluster::start);
    }

    private static GlusterVolume start(GlusterLayers layers) {
        try {
            Path folder = Files.createTempDirectory("tidemark-gluster");
            GlusterVolume volume = GlusterVolume.start(folder, layers);
            Server.endsWithProcess(volume::close, folder);
            return volume;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A folder's name that nobody else uses. */
    static synchronized String newName() {
        return "store" + folders++;
    }
}
