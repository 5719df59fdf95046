// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

/** Features of an image (rbd/features.h). */
public enum RbdFeature {
    LAYERING(1),
    EXCLUSIVE_LOCK(4);

    private final long bit;

    RbdFeature(long bit) {
        this.bit = bit;
    }

    static long bits(RbdFeature... features) {
        long bits = 0;
        for (var feature : features) {
            bits |= feature.bit;
        }
        return bits;
    }
}
