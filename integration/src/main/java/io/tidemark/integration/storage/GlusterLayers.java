// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.storage;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The layers of a GlusterFS volume's bricks and clients, as glusterd gives them; in the language of volume files. */
public enum GlusterLayers {
    /** One brick. */
    SINGLE(1),
    /** Three that hold the same; one may be gone. */
    REPLICA(3),
    /** Two that hold the same, and one that has names alone, to tell which of the two is right. */
    ARBITER(3);

    private final int bricks;

    GlusterLayers(int bricks) {
        this.bricks = bricks;
    }

    int bricks() {
        return bricks;
    }

    String brick(int number, Path directory, int port) {
        boolean arbiter = this == ARBITER && number == bricks - 1;
        return """
                volume posix
                    type storage/posix
                    option directory %s
                end-volume
                """.formatted(directory)
                + (arbiter ? layer("arbiter", "features/arbiter", "posix") : "")
                + layer("locks", "features/locks", arbiter ? "arbiter" : "posix")
                + layer("leases", "features/leases", "locks", "leases off")
                + layer("upcall", "features/upcall", "leases", "cache-invalidation off")
                + layer("io-threads", "performance/io-threads", "upcall")
                + (bricks == 1
                        ? layer("brick", "debug/io-stats", "io-threads")
                        : layer(
                                        "index",
                                        "features/index",
                                        "io-threads",
                                        "index-base " + directory + "/.glusterfs/indices",
                                        "xattrop-dirty-watchlist trusted.afr.dirty",
                                        "xattrop-pending-watchlist trusted.afr.whole-")
                                + layer("brick", "debug/io-stats", "index"))
                + layer(
                        "server",
                        "protocol/server",
                        "brick",
                        "transport-type tcp",
                        "transport.socket.bind-address 127.0.0.1",
                        "transport.socket.listen-port " + port,
                        "auth.addr.brick.allow 127.0.0.1");
    }

    String client(List<Integer> ports) {
        return below(ports)
                + layer("distribute", "cluster/distribute", bricks == 1 ? "client-0" : "replicate")
                + layer("utime", "features/utime", "distribute", "noatime on")
                + layer("write-behind", "performance/write-behind", "utime")
                + layer("open-behind", "performance/open-behind", "write-behind")
                + layer("quick-read", "performance/quick-read", "open-behind")
                + layer("md-cache", "performance/md-cache", "quick-read")
                + layer("io-threads", "performance/io-threads", "md-cache")
                + layer("whole", "debug/io-stats", "io-threads");
    }

    private String below(List<Integer> ports) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bricks; i++) {
            text.append(layer(
                    "client-" + i,
                    "protocol/client",
                    "",
                    "transport-type tcp",
                    "remote-host 127.0.0.1",
                    "remote-port " + ports.get(i),
                    "remote-subvolume brick"));
        }
        if (bricks > 1) {
            text.append(layer(
                    "replicate",
                    "cluster/replicate",
                    joined("client-", " "),
                    "afr-pending-xattr " + joined("whole-client-", ","),
                    "quorum-type auto",
                    "arbiter-count " + (this == ARBITER ? 1 : 0)));
        }
        return text.toString();
    }

    private String joined(String name, String by) {
        return IntStream.range(0, bricks).mapToObj(i -> name + i).collect(Collectors.joining(by));
    }

    private static String layer(String name, String type, String below, String... options) {
        StringBuilder text = new StringBuilder("volume " + name + "\n    type " + type + "\n");
        for (String option : options) {
            text.append("    option ").append(option).append('\n');
        }
        if (!below.isEmpty()) {
            text.append("    subvolumes ").append(below).append('\n');
        }
        return text.append("end-volume\n").toString();
    }
}
