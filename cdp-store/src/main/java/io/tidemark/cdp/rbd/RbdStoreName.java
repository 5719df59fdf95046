// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.rbd;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.disk.rbd.ClusterAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A store in a Ceph pool as users name it: {@code rbd:POOL[/NAMESPACE][:id=ID][:conf=FILE][:keyring=FILE]}.
 *
 * @param namespace may be empty
 */
public record RbdStoreName(String pool, String namespace, ClusterAddress address) {
    public static final String PREFIX = "rbd:";

    private static final Pattern PLACE = Pattern.compile("([A-Za-z0-9._-]+)(?:/([A-Za-z0-9._-]+))?");

    /** @throws StoreException BAD_NAME, telling what a name looks like */
    public static RbdStoreName parse(String text) {
        var parts = text.substring(PREFIX.length()).split(":", -1);
        var place = PLACE.matcher(parts[0]);
        var address = ClusterAddress.parse(List.of(parts).subList(1, parts.length));
        if (!place.matches() || address.isEmpty()) {
            throw new StoreException(
                    Code.BAD_NAME,
                    "store \"" + text
                            + "\": write rbd:POOL or rbd:POOL/NAMESPACE, and behind it, where they are needed,"
                            + " :id=ID, :conf=FILE, :keyring=FILE");
        }
        return new RbdStoreName(
                place.group(1), Optional.ofNullable(place.group(2)).orElse(""), address.get());
    }

    @Override
    public String toString() {
        var text = new StringBuilder(PREFIX).append(pool);
        if (!namespace.isEmpty()) {
            text.append('/').append(namespace);
        }
        return text.append(address).toString();
    }
}
