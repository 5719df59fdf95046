// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import io.tidemark.disk.Geometry;

/** What an image is like; sizes in bytes. */
public record GeometryStatus(
        long capacity, int logicalBlock, int physicalBlock, boolean readOnly, boolean discard, boolean writeZeroes) {
    public static GeometryStatus of(Geometry geometry) {
        return new GeometryStatus(
                geometry.capacity(),
                geometry.logicalBlock(),
                geometry.physicalBlock(),
                geometry.readOnly(),
                geometry.discard() > 0,
                geometry.writeZeroes() > 0);
    }
}
