// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import io.tidemark.agent.history.Progress;
import io.tidemark.disk.Creation;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageCopy;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.posix.NewName;
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
                throw exists();
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
                throw exists();
            }
            // Nothing can run on an empty one, which is no image.
            return path.toFile().length() == 0
                    ? namedWhenComplete(source, behindLinks(path), true, progress)
                    : inPlaceOf(source, path, progress);
        }
        if (Files.isSymbolicLink(path)) {
            throw new ImageException(
                    Code.EXISTS,
                    "image " + to + ": is a symbolic link that leads nowhere; remove it, or name another file");
        }
        return namedWhenComplete(source, path, false, progress);
    }

    /** A guest that runs on it must not lose its file. */
    private long inPlaceOf(Image source, Path path, Progress progress) {
        if (from.file().filter(read -> isSame(read, path)).isPresent()) {
            throw isSource();
        }
        try (Image former = RawImage.openContainer(new ImageName(ImageName.Kind.RAW, path.toString()), false)) {
            former.lock();
            return namedWhenComplete(source, behindLinks(path), true, progress);
        }
    }

    private static boolean isSame(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException _) {
            return false; // one of them can't be looked at; whoever opens it says why
        }
    }

    /** Where a file lies that was found by symbolic links: they are to lead to it afterwards, too. */
    private Path behindLinks(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            throw new ImageException(Code.IO, "image " + to + ": can't be found any more: " + e.getMessage(), e);
        }
    }

    /** @param replaces whether there is a file of that name; one that has come meanwhile nobody has looked at, and a guest may run on it */
    private long namedWhenComplete(Image source, Path path, boolean replaces, Progress progress) {
        Path beside = Path.of(path + INCOMPLETE);
        long written;
        try {
            written = into(new ImageName(to.kind(), beside.toString()), true, source, progress);
        } catch (Throwable e) {
            if (!(e instanceof ImageException image)
                    || image.code() != Code.IN_USE) { // by another that converts into it
                delete(beside, e);
            }
            throw e;
        }
        try {
            if (replaces) {
                FileAccess.asOf(path, beside);
                Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } else {
                NewName.give(beside, path);
            }
        } catch (FileAlreadyExistsException e) {
            throw unnamed(Code.EXISTS, beside, "there is a file of that name by now", e);
        } catch (IOException e) {
            throw unnamed(Code.IO, beside, e.getMessage(), e);
        }
        return written;
    }

    private static void delete(Path incomplete, Throwable why) {
        try {
            Files.deleteIfExists(incomplete);
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    /** It may have taken hours. */
    private ImageException unnamed(Code code, Path beside, String why, Exception cause) {
        return new ImageException(
                code,
                "image " + to + ": is complete as " + beside + ", and can't be given its name: " + why
                        + "; rename it yourself, or remove it",
                cause);
    }

    private ImageException isSource() {
        return new ImageException(
                Code.IN_USE,
                "image " + to + ": is what " + from
                        + " is read from, and would lose its content before that is copied; name another one");
    }

    private ImageException exists() {
        return new ImageException(
                Code.EXISTS, "image " + to + ": exists already, and its content would be lost; use --force");
    }

    /** An image that wasn't there before doesn't stay there in part. */
    private long intoCluster(Image source, Progress progress) {
        try (Creation creation = new Creation(to)) {
            long written;
            try (Image target = creation.make(force, replace -> inCluster(source, replace))) {
                written = copy(source, target, true, progress);
            }
            creation.complete();
            return written;
        }
    }

    private Image inCluster(Image source, boolean replace) {
        // Who only reads an image in a cluster has no lock of it, by which this would be seen.
        if (replace
                && from.inCluster()
                        .filter(read -> CephImage.isSame(read, to.inCluster().orElseThrow()))
                        .isPresent()) {
            throw isSource();
        }
        return Images.create(to, source.geometry().capacity(), replace);
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
