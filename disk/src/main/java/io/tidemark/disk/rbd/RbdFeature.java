// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** Features of an image (rbd/features.h). */
public enum RbdFeature {
    LAYERING(1),
    EXCLUSIVE_LOCK(4),
    OBJECT_MAP(8),
    FAST_DIFF(16),
    DEEP_FLATTEN(32),
    JOURNALING(64),
    DATA_POOL(128),
    OPERATIONS(256),
    MIGRATING(512);

    private final long bit;

    RbdFeature(long bit) {
        this.bit = bit;
    }

    /** As Ceph's tools write it. */
    String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Those of a number that are known here. */
    static Set<RbdFeature> of(long bits) {
        var found = EnumSet.noneOf(RbdFeature.class);
        for (var feature : values()) {
            if ((bits & feature.bit) != 0) {
                found.add(feature);
            }
        }
        return found;
    }

    static long bits(RbdFeature... features) {
        long bits = 0;
        for (var feature : features) {
            bits |= feature.bit;
        }
        return bits;
    }
}
