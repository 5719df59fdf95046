// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.raw.RawImage;
import io.tidemark.disk.rbd.CephImage;

/** What a qcow2 image lies in, by the image's name: a file or block device, or an image in a cluster. */
final class Container {
    private Container() {}

    /** Without its lock. */
    static Image open(ImageName name, boolean readOnly) {
        return name.file().isPresent()
                ? RawImage.openContainer(name, readOnly)
                : CephImage.openUnlocked(ImageName.parse(name.location()), readOnly);
    }

    /** Makes one that reads as zeros, and takes its lock; one that exists loses its content, if it may be replaced. */
    static Image create(ImageName name, long bytes, boolean replace) {
        return name.file().isPresent()
                ? RawImage.create(name, bytes, replace)
                : CephImage.create(ImageName.parse(name.location()), bytes, replace);
    }
}
