// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.integration.storage.GlusterVolume;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** One GlusterFS volume for all tests of a run; it ends with the process. */
final class Gluster {
    private static GlusterVolume volume;
    private static int folders;

    private Gluster() {}

    static synchronized GlusterVolume volume() {
        assumeTrue(
                GlusterVolume.isPossible(),
                "glusterfs-server and glusterfs-client are not installed, there is no /dev/fuse, or this is not root");
        if (volume == null) {
            try {
                Path folder = Files.createTempDirectory("tidemark-gluster");
                volume = GlusterVolume.start(folder);
                Server.endsWithProcess(volume::close, folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return volume;
    }

    /** A folder's name that nobody else uses. */
    static synchronized String newName() {
        return "store" + folders++;
    }
}
