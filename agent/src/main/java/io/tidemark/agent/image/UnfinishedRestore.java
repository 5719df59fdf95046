// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.restore.NotePlace;
import io.tidemark.cdp.restore.RestoreNote;
import io.tidemark.disk.ImageName;
import java.util.function.Predicate;

/** Keeps images that are restored in part, or are an {@linkplain Overlay overlay}, from being used as if they were whole. */
public final class UnfinishedRestore {
    private UnfinishedRestore() {}

    /**
     * For who reads all of an image, or makes it anew: what the note says is done must not be undone behind its back.
     *
     * @throws AgentException REFUSED
     */
    public static void refuse(ImageName image) {
        refuse(image, _ -> true);
    }

    /**
     * For who serves it. Of a disk that was restored in place, and in part, it is the guest that is refused.
     *
     * @throws AgentException REFUSED
     */
    public static void refuseToServe(ImageName image) {
        refuse(image, note -> !note.isInPlace());
    }

    private static void refuse(ImageName image, Predicate<RestoreNote> which) {
        Overlay.refuse(image);
        RestoreNotes.beside(image).ifPresent(beside -> {
            try (NotePlace place = beside) {
                RestoreNote.find(place).filter(which).ifPresent(_ -> {
                    throw new AgentException(
                            Code.REFUSED,
                            "image " + image,
                            "a restore into it is unfinished, as " + place + " says",
                            "give the restore's command again to go on; to use the image as it is, " + place.removal());
                });
            } catch (StoreException e) {
                throw AgentException.of(e);
            }
        });
    }
}
