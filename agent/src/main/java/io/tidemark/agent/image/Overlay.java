// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.disk.ImageName;
import io.tidemark.filters.overlay.OverlayImage;
import java.io.IOException;
import java.nio.file.Path;

/** An image that holds only what was written to a disk's past, or not all of it yet: a map beside it says which sectors. */
public final class Overlay {
    private Overlay() {}

    /** Where its map lies. */
    public static Path mapOf(Path image) {
        return Path.of(Beside.of(image) + ".overlay");
    }

    /**
     * For who takes an image for a whole one, or makes it one.
     *
     * @throws AgentException REFUSED
     */
    public static void refuse(ImageName image) {
        Path map = image.file().map(Overlay::mapOf).orElse(null);
        try {
            if (map != null && OverlayImage.isMap(map)) {
                throw new AgentException(
                        Code.REFUSED,
                        "image " + image,
                        "holds only a part of a disk, the rest is in its history, as " + map + " says",
                        "attach the past with --overlay or --keep to go on; to use the image as it is, delete that file");
            }
        } catch (IOException e) {
            throw new AgentException(Code.IO, map + ": " + e.getMessage() + "; check the storage there", e);
        }
    }
}
