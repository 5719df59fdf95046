// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where an image is: {@code POOL/NAME}, {@code POOL/NAMESPACE/NAME}, with {@code @SNAPSHOT} behind it or not, then what
 * {@link ClusterAddress} knows.
 *
 * @param namespace may be empty
 */
public record RbdName(String pool, String namespace, String image, Optional<String> snapshot, ClusterAddress address) {
    private static final String WORD = "[A-Za-z0-9._-]+";
    private static final Pattern PLACE =
            Pattern.compile("(" + WORD + ")/(?:(" + WORD + ")/)?(" + WORD + ")(?:@(" + WORD + "))?");

    /** Empty for what is no such name. */
    public static Optional<RbdName> parse(String text) {
        var parts = List.of(text.split(":", -1));
        var place = PLACE.matcher(parts.getFirst());
        if (!place.matches()) {
            return Optional.empty();
        }
        return ClusterAddress.parse(parts.subList(1, parts.size()))
                .map(address -> new RbdName(
                        place.group(1),
                        Optional.ofNullable(place.group(2)).orElse(""),
                        place.group(3),
                        Optional.ofNullable(place.group(4)),
                        address));
    }
}
