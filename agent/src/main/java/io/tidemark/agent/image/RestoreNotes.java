// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import io.tidemark.cdp.restore.NoteFile;
import io.tidemark.cdp.restore.NotePlace;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.rbd.RbdName;
import java.util.Optional;

/** Where the note of an unfinished restore lies, whatever kind of image it is: beside the file or the rbd image that it lies in. */
public final class RestoreNotes {
    private RestoreNotes() {}

    /** The place; empty for a snapshot, which nothing is restored into. */
    public static Optional<NotePlace> beside(ImageName image) {
        ImageName container = container(image);
        if (container.kind() != ImageName.Kind.RBD) {
            return container.file().map(NoteFile::new);
        }
        return RbdName.parse(container.location())
                .filter(name -> name.snapshot().isEmpty())
                .map(name -> new NoteObject(container, name));
    }

    /** What a qcow2 image lies in; of others the image itself. */
    public static ImageName container(ImageName image) {
        if (image.kind() != ImageName.Kind.QCOW2) {
            return image;
        }
        return image.file()
                .map(path -> new ImageName(ImageName.Kind.RAW, image.location()))
                .orElseGet(() -> ImageName.parse(image.location()));
    }
}
