// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import java.util.Optional;

/**
 * How a cluster is reached, as far as its configuration file doesn't say.
 *
 * @param id the client, without {@code client.}; {@code admin} by default
 * @param conf the configuration file; where Ceph looks for it by default
 * @param keyring the file with the client's key; where the configuration says
 */
public record ClusterAddress(Optional<String> id, Optional<String> conf, Optional<String> keyring) {
    public static final ClusterAddress DEFAULT =
            new ClusterAddress(Optional.empty(), Optional.empty(), Optional.empty());
}
