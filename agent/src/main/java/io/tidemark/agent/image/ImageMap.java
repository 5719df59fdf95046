// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import java.util.ArrayList;
import java.util.List;

/**
 * Where an image holds data, and where it reads as zeros.
 *
 * @param capacity the disk's size, in bytes
 * @param extents all of the disk, neighbours of one sort together
 */
public record ImageMap(String image, long capacity, List<Stretch> extents) {
    /**
     * @param offset in bytes
     * @param length in bytes
     * @param sort data, zero (allocated), or hole
     */
    public record Stretch(long offset, long length, Extent.Sort sort) {}

    /** Looks through all of it. */
    public static ImageMap of(Image image) {
        long capacity = image.geometry().capacity();
        List<Stretch> extents = new ArrayList<>();
        for (long at = 0; at < capacity; ) {
            Extent next = image.extentAt(at);
            Stretch last = extents.isEmpty() ? null : extents.getLast();
            if (last != null && last.sort == next.sort()) {
                extents.set(extents.size() - 1, new Stretch(last.offset, last.length + next.length(), last.sort));
            } else {
                extents.add(new Stretch(at, next.length(), next.sort()));
            }
            at = next.end();
        }
        return new ImageMap(image.name(), capacity, List.copyOf(extents));
    }
}
