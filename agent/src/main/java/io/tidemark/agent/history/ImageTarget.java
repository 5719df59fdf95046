// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.cdp.restore.RestoreTarget;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.QueuedWrites;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * An image that a past disk is written to. Into a raw file or device large pieces go past the page cache, many at once; small ones through
 * it, so that the kernel puts them together and in order. No page is written both ways. Of other images all goes through the image.
 */
final class ImageTarget implements RestoreTarget, AutoCloseable {
    private static final int DEPTH = 16;
    private static final int LARGE = 64 << 10;
    private static final int PAGE = 4096;
    /** No more of the free space than this part is taken for what passes. */
    private static final int SHARE_OF_SPACE = 4;

    /** For what isn't beside the image: that is a device, or in a cluster. */
    private static final Path FAR_SCRATCH = Path.of("/var/tmp");

    private final Image image;
    private final Optional<Path> path;
    private final boolean fresh;
    private final Optional<FileChannel> cached;
    private final ImageIo io;

    ImageTarget(Image image, boolean fresh) {
        this.image = image;
        this.fresh = fresh;
        ImageName name = ImageName.parse(image.name());
        this.path = name.file();
        try {
            // Byte n of other files isn't the disk's byte n.
            this.cached = name.kind() == ImageName.Kind.RAW
                    ? Optional.of(FileChannel.open(path.orElseThrow(), StandardOpenOption.WRITE))
                    : Optional.empty();
        } catch (IOException e) {
            throw failed(image, e);
        }
        this.io = new ImageIo(image);
    }

    /** Whether an image that was just made reads as zeros: a device may hold what it held before. */
    static boolean isEmpty(Image image) {
        if (ImageName.parse(image.name()).kind() != ImageName.Kind.RAW) {
            return true;
        }
        Extent first = image.extentAt(0);
        return first.sort() == Extent.Sort.HOLE
                && first.length() == image.geometry().capacity();
    }

    @Override
    public boolean isFresh() {
        return fresh;
    }

    @Override
    public Scratch scratch() {
        try {
            Path folder = path.filter(Files::isRegularFile)
                    .map(file -> file.toAbsolutePath().getParent())
                    .orElse(FAR_SCRATCH);
            Path passing = Files.createTempFile(folder, ".restore", null);
            FileChannel file = FileChannel.open(passing, StandardOpenOption.READ, StandardOpenOption.WRITE);
            Files.delete(passing);
            return new Scratch(file, Files.getFileStore(folder).getUsableSpace() / SHARE_OF_SPACE);
        } catch (IOException e) {
            throw failed(image, e);
        }
    }

    @Override
    public Lane open() {
        return new ImageLane();
    }

    @Override
    public void flush() {
        io.flush();
    }

    @Override
    public void close() {
        io.close();
        if (cached.isPresent()) {
            try {
                cached.get().close();
            } catch (IOException _) {
                // All that counts was flushed.
            }
        }
    }

    private static ImageException failed(Image image, IOException e) {
        return new ImageException(
                ImageException.Code.IO,
                "image " + image.name() + ": " + e.getMessage() + "; free some space, or check the storage below it",
                e);
    }

    private final class ImageLane implements Lane {
        private final QueuedWrites large = new QueuedWrites(image, DEPTH, PIECE);

        @Override
        public MemorySegment buffer() {
            return large.buffer();
        }

        @Override
        public void write(long offset, int length) {
            if (cached.isEmpty() || length >= LARGE && (offset | length) % PAGE == 0) {
                large.write(offset, length);
                return;
            }
            ByteBuffer from = large.buffer().asSlice(0, length).asByteBuffer();
            try {
                for (long at = offset; from.hasRemaining(); ) {
                    at += cached.get().write(from, at);
                }
            } catch (IOException e) {
                throw failed(image, e);
            }
        }

        @Override
        public void zero(long offset, long length) {
            large.zero(offset, length);
        }

        @Override
        public void drain() {
            large.drain();
        }

        @Override
        public void close() {
            large.close();
        }
    }
}
