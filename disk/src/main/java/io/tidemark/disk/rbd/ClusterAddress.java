// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    /** What stands behind the name of an image or a store, between colons: {@code id=ID}. Empty if that is something else. */
    public static Optional<ClusterAddress> parse(List<String> options) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String option : options) {
            int equals = option.indexOf('=');
            if (equals <= 0 || equals == option.length() - 1) {
                return Optional.empty();
            }
            found.put(option.substring(0, equals), option.substring(equals + 1));
        }
        var address = new ClusterAddress(
                Optional.ofNullable(found.remove("id")),
                Optional.ofNullable(found.remove("conf")),
                Optional.ofNullable(found.remove("keyring")));
        return found.isEmpty() ? Optional.of(address) : Optional.empty();
    }

    /** As {@link #parse} reads it, with a colon before each. */
    @Override
    public String toString() {
        var text = new StringBuilder();
        id.ifPresent(value -> text.append(":id=").append(value));
        conf.ifPresent(value -> text.append(":conf=").append(value));
        keyring.ifPresent(value -> text.append(":keyring=").append(value));
        return text.toString();
    }
}
