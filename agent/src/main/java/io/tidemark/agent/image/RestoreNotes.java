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
        Optional<ImageName> inCluster = image.inCluster();
        if (inCluster.isEmpty()) {
            return image.file().map(Beside::of).map(NoteFile::new);
        }
        return RbdName.parse(inCluster.get().location())
                .filter(name -> name.snapshot().isEmpty())
                .map(name -> new NoteObject(inCluster.get(), name));
    }

    /** What a qcow2 image lies in; of others the image itself. */
    public static ImageName container(ImageName image) {
        return image.inCluster().orElseGet(() -> new ImageName(ImageName.Kind.RAW, image.location()));
    }
}
