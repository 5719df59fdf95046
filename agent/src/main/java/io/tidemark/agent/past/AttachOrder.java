// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.past;

import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.read.Point;
import io.tidemark.disk.ImageName;
import java.nio.file.Path;

/**
 * A past to show as a disk.
 *
 * @param disk whose past
 * @param changes what becomes of what is written to it
 */
public record AttachOrder(StoreName store, String disk, Point at, Changes changes) {
    /** What becomes of changes. */
    public sealed interface Changes {}

    /** There are none: the disk is read-only. */
    public record Refused() implements Changes {}

    /**
     * They are gone when the disk isn't served any more.
     *
     * @param folder where they are meanwhile, in a file without a name
     */
    public record ThrownAway(Path folder) implements Changes {}

    /**
     * They stay in an image.
     *
     * @param completed whether the image gets everything else as well, while it is served; if not, it is worth something
     *     together with the history only
     */
    public record Kept(ImageName image, boolean completed) implements Changes {}
}
