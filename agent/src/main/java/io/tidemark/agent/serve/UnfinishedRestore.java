// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.image.RestoreNotes;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.restore.NotePlace;
import io.tidemark.cdp.restore.RestoreNote;
import io.tidemark.disk.ImageName;

/** Keeps images that are restored in part from being used as if they were whole. */
final class UnfinishedRestore {
    private UnfinishedRestore() {}

    /** Of a disk that was restored in place, and in part, it is the guest that is refused: see {@link InPlaceRestores}. */
    static void refuse(String image) {
        RestoreNotes.beside(ImageName.parse(image)).ifPresent(beside -> {
            try (NotePlace place = beside) {
                RestoreNote.find(place).filter(note -> !note.isInPlace()).ifPresent(_ -> {
                    throw new AgentException(
                            Code.REFUSED,
                            "image " + image,
                            "a restore into it is unfinished, as " + place + " says",
                            "give the restore's command again to go on; to use the image as it is, " + place.removal());
                });
            } catch (StoreException e) {
                throw Failures.of(e);
            }
        });
    }
}
