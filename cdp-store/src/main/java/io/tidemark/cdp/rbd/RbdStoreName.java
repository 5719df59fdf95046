// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.rbd;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.disk.rbd.ClusterAddress;
import java.util.LinkedHashMap;
import java.util.Map;
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
        Map<String, String> options = new LinkedHashMap<>();
        boolean valid = place.matches();
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            valid &= equals > 0 && equals < parts[i].length() - 1;
            if (valid) {
                options.put(parts[i].substring(0, equals), parts[i].substring(equals + 1));
            }
        }
        var address = new ClusterAddress(
                Optional.ofNullable(options.remove("id")),
                Optional.ofNullable(options.remove("conf")),
                Optional.ofNullable(options.remove("keyring")));
        if (!valid || !options.isEmpty()) {
            throw new StoreException(
                    Code.BAD_NAME,
                    "store \"" + text
                            + "\": write rbd:POOL or rbd:POOL/NAMESPACE, and behind it, where they are needed,"
                            + " :id=ID, :conf=FILE, :keyring=FILE");
        }
        return new RbdStoreName(
                place.group(1), Optional.ofNullable(place.group(2)).orElse(""), address);
    }

    @Override
    public String toString() {
        var text = new StringBuilder(PREFIX).append(pool);
        if (!namespace.isEmpty()) {
            text.append('/').append(namespace);
        }
        address.id().ifPresent(id -> text.append(":id=").append(id));
        address.conf().ifPresent(conf -> text.append(":conf=").append(conf));
        address.keyring().ifPresent(keyring -> text.append(":keyring=").append(keyring));
        return text.toString();
    }
}
