// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import io.tidemark.agent.history.Progress;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageCopy;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.raw.RawImage;
import io.tidemark.disk.rbd.CephImage;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/**
 * Copies an image into one of any kind. A target that is a file gets its name when it is complete, and until then what was there
 * before stays there; other targets are written in their place.
 */
public final class ImageConversion {
    /** What a file that isn't complete yet is called, behind its name. */
    private static final String INCOMPLETE = ".tidemark-new";

    private final ImageName from;
    private final ImageName to;
    private final boolean force;

    /** @param force whether an image that exists may lose its content */
    public ImageConversion(ImageName from, ImageName to, boolean force) {
        this.from = from;
        this.to = to;
        this.force = force;
    }

    /**
     * What was done.
     *
     * @param bytes the disk's size
     * @param written bytes of content; the rest is zeros
     */
    public record Report(String from, String to, long bytes, long written, double seconds) {}

    /** @throws ImageException naming the image that it fails by */
    public Report run(Progress progress) {
        long begun = System.nanoTime();
        UnfinishedRestore.refuse(from);
        UnfinishedRestore.refuse(to);
        try (Image source = Images.open(from, true)) {
            long capacity = source.geometry().capacity();
            long written;
            if (to.file().isEmpty()) {
                written = intoCluster(source, progress);
            } else if (isFileOrNothing(to.file().get())) {
                written = intoFile(source, to.file().get(), progress);
            } else if (force) {
                // A device holds what it held before.
                written = into(to, false, source, progress);
            } else {
                throw exists(null);
            }
            double seconds = Duration.ofNanos(System.nanoTime() - begun).toMillis() / 1000.0;
            return new Report(from.toString(), to.toString(), capacity, written, seconds);
        }
    }

    private static boolean isFileOrNothing(Path path) {
        return Files.isRegularFile(path) || Files.notExists(path);
    }

    private long intoFile(Image source, Path path, Progress progress) {
        if (Files.exists(path)) {
            if (!force) {
                throw exists(null);
            }
            // A guest that runs on it must not lose its file.
            try (Image former = RawImage.openContainer(new ImageName(ImageName.Kind.RAW, path.toString()), false)) {
                former.lock();
                return namedWhenComplete(source, path, progress);
            }
        }
        return namedWhenComplete(source, path, progress);
    }

    private long namedWhenComplete(Image source, Path path, Progress progress) {
        Path beside = Path.of(path + INCOMPLETE);
        ImageName incomplete = new ImageName(to.kind(), beside.toString());
        try {
            try {
                long written = into(incomplete, true, source, progress);
                if (force) {
                    Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                } else {
                    // Unlike a move, this never replaces a file that has come meanwhile.
                    Files.createLink(path, beside);
                    Files.delete(beside);
                }
                return written;
            } catch (ImageException e) {
                if (e.code() != Code.IN_USE) { // by another that converts into it
                    Files.deleteIfExists(beside);
                }
                throw e;
            }
        } catch (FileAlreadyExistsException e) {
            throw exists(e);
        } catch (IOException e) {
            throw new ImageException(
                    Code.IO, "image " + to + ": " + beside + " can't be given its name: " + e.getMessage(), e);
        }
    }

    private ImageException exists(Exception cause) {
        return new ImageException(
                Code.EXISTS, "image " + to + ": exists already, and its content would be lost; use --force", cause);
    }

    /** An image that wasn't there before doesn't stay there in part. */
    private long intoCluster(Image source, Progress progress) {
        boolean made = false;
        try {
            try (Image target = Images.create(to, source.geometry().capacity(), false)) {
                made = true;
                return copy(source, target, true, progress);
            }
        } catch (ImageException e) {
            if (made) {
                CephImage.remove(to.kind() == ImageName.Kind.RBD ? to : ImageName.parse(to.location()));
            } else if (e.code() == Code.EXISTS && force) {
                return into(to, true, source, progress);
            }
            throw e;
        }
    }

    private static long into(ImageName name, boolean fresh, Image source, Progress progress) {
        try (Image target = Images.create(name, source.geometry().capacity(), true)) {
            return copy(source, target, fresh, progress);
        }
    }

    private static long copy(Image source, Image target, boolean fresh, Progress progress) {
        long capacity = source.geometry().capacity();
        try (ImageCopy copy = new ImageCopy(source, target, fresh)) {
            return copy.run(done -> progress.at(done, capacity));
        }
    }
}
