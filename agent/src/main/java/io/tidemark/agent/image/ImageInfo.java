// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import java.util.Map;

/**
 * What an image is like.
 *
 * @param capacity the disk's size, in bytes
 * @param logicalBlock in bytes, as {@code physicalBlock}
 * @param details what its kind tells besides, see {@link Image#details}
 */
public record ImageInfo(String image, long capacity, int logicalBlock, int physicalBlock, Map<String, String> details) {
    public static ImageInfo of(Image image) {
        Geometry geometry = image.geometry();
        return new ImageInfo(
                image.name(), geometry.capacity(), geometry.logicalBlock(), geometry.physicalBlock(), image.details());
    }
}
