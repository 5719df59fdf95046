// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.cdp.StoreName;
import io.tidemark.integration.storage.CephCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** One cluster for all tests of a run; it ends with the process. */
public final class Ceph {
    private static CephCluster cluster;
    private static int namespaces;
    private static int images;

    private Ceph() {}

    public static synchronized CephCluster cluster() {
        assumeTrue(CephCluster.isInstalled(), "ceph-mon, ceph-osd and ceph-common are not installed");
        if (cluster == null) {
            try {
                Path folder = Files.createTempDirectory("tidemark-ceph");
                cluster = CephCluster.start(folder);
                Server.endsWithProcess(cluster::close, folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return cluster;
    }

    /** The name of an image that isn't there yet, in a namespace. */
    public static synchronized String newImage(String namespace) {
        return "rbd:rbd/" + namespace + "/image" + images++ + ":conf="
                + cluster().configuration();
    }

    /** Copies what an image holds into a file, by Ceph's own tool. @return the file */
    public static Path export(String image, Path file) {
        String place = image.substring("rbd:".length()).split(":")[0];
        cluster().rbd("export", "--no-progress", place, file.toString());
        return file;
    }

    /** The name of a store that isn't there yet. */
    static synchronized StoreName newStore() {
        return StoreName.parse(
                "rbd:rbd/test" + namespaces++ + ":conf=" + cluster().configuration());
    }
}
