// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.past;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.image.Overlay;
import io.tidemark.agent.past.AttachOrder.Kept;
import io.tidemark.agent.past.AttachOrder.Refused;
import io.tidemark.agent.past.AttachOrder.ThrownAway;
import io.tidemark.cdp.StoreException;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.overlay.OverlayImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** Disks as they were, as images: nothing is copied before they are served. */
public final class PastImages {
    private PastImages() {}

    /**
     * Opens a past.
     *
     * @param id of the disk that it is served as, for thread names and messages
     * @throws AgentException if there is no such store, disk or point, or if the changes can't be kept as they should
     * @throws io.tidemark.disk.ImageException if the image for the changes can't be had
     */
    public static OverlayImage open(String id, AttachOrder order) {
        PastOrigin origin;
        try {
            origin = PastOrigin.open(order.store(), order.disk(), order.at());
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
        boolean opened = false;
        try {
            OverlayImage image = over(id, origin, order);
            opened = true;
            return image;
        } catch (FilterException e) {
            throw new AgentException(Code.REFUSED, e.getMessage(), e);
        } catch (IOException e) {
            throw new AgentException(
                    Code.IO, "overlay of " + origin.name() + ": " + e.getMessage() + "; check the storage there", e);
        } finally {
            if (!opened) {
                origin.close();
            }
        }
    }

    private static OverlayImage over(String id, PastOrigin origin, AttachOrder order) throws IOException {
        return switch (order.changes()) {
            case Refused _ -> OverlayImage.passing(id, origin, nameless(Path.of("/var/tmp"), origin.capacity()), true);
            case ThrownAway thrown ->
                OverlayImage.passing(id, origin, nameless(thrown.folder(), origin.capacity()), false);
            case Kept kept -> kept(id, origin, kept);
        };
    }

    /** An image whose space is free again when it is closed, whatever ends the process. */
    private static Image nameless(Path folder, long capacity) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new AgentException(
                    Code.NOT_FOUND,
                    "folder " + folder,
                    "is not there, where changes would lie",
                    "make it, or name another");
        }
        Path path = folder.toAbsolutePath().resolve("tidemark-" + UUID.randomUUID());
        Image image = Images.create(ImageName.parse("raw:" + path), capacity, false);
        Files.delete(path);
        return image;
    }

    private static OverlayImage kept(String id, PastOrigin origin, Kept kept) throws IOException {
        Path image = kept.image()
                .file()
                .orElseThrow(() -> new AgentException(
                        Code.REFUSED,
                        "image " + kept.image(),
                        "is no file, beside which a map of it could lie",
                        "name a raw:PATH"));
        Path map = Overlay.mapOf(image);
        if (Files.exists(image)) {
            if (!Files.exists(map)) {
                throw new AgentException(
                        Code.REFUSED,
                        "image " + kept.image(),
                        "exists, and has no overlay's map beside it (" + map + ")",
                        "if it is complete, serve it; else name another image");
            }
            Image overlay = Images.open(kept.image(), false);
            return orClose(overlay, () -> OverlayImage.kept(id, origin, overlay, map, kept.completed()));
        }
        // The map first: without an image beside it, it says nothing, and is made anew.
        Files.deleteIfExists(map);
        OverlayImage.prepare(origin, map);
        Image overlay = Images.create(kept.image(), origin.capacity(), false);
        return orClose(overlay, () -> OverlayImage.kept(id, origin, overlay, map, kept.completed()));
    }

    private interface Opening {
        OverlayImage open() throws IOException;
    }

    private static OverlayImage orClose(Image overlay, Opening opening) throws IOException {
        try {
            return opening.open();
        } catch (IOException | RuntimeException e) {
            overlay.close();
            throw e;
        }
    }
}
