// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.volume.DirectoryVolume;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** The note of an image that is a file or a device: {@code IMAGE.restore}, beside it. */
public final class NoteFile implements NotePlace {
    private final Path path;

    /** @param image the image's own file */
    public NoteFile(Path image) {
        this.path = image.resolveSibling(image.getFileName() + ".restore");
    }

    @Override
    public Optional<byte[]> read() {
        try (InputStream file = Files.newInputStream(path)) {
            return Optional.of(file.readNBytes(LARGEST + 1));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public void replace(byte[] content) {
        var passing = path.resolveSibling(path.getFileName() + ".new");
        var bytes = ByteBuffer.wrap(content);
        try {
            try (var to = FileChannel.open(
                    passing,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                while (bytes.hasRemaining()) {
                    to.write(bytes);
                }
                to.force(true);
            }
            Files.move(passing, path, StandardCopyOption.ATOMIC_MOVE);
            DirectoryVolume.sync(path.toAbsolutePath().getParent());
        } catch (IOException e) {
            removePassing(passing);
            throw failed(e);
        }
    }

    @Override
    public void remove() {
        try {
            Files.deleteIfExists(path);
            DirectoryVolume.sync(path.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static void removePassing(Path passing) {
        try {
            Files.deleteIfExists(passing);
        } catch (IOException _) {
            // Why it couldn't be written is what is told.
        }
    }

    /** It is not the store that has no room or is gone, but what the image lies in. */
    private StoreException failed(IOException cause) {
        StoreException failed = StoreException.of(path.toString(), cause);
        return switch (failed.code()) {
            case NOT_FOUND ->
                new StoreException(
                        failed.code(),
                        path + ": there is no folder " + path.toAbsolutePath().getParent()
                                + ": make it, or name another place for the image",
                        cause);
            case NO_SPACE ->
                new StoreException(
                        failed.code(), path + ": no space left: free some, or name another place for the image", cause);
            default -> failed;
        };
    }

    @Override
    public String removal() {
        return "delete that file";
    }

    @Override
    public String toString() {
        return path.toString();
    }

    /** It needs nothing to get there. */
    @Override
    public void close() {}
}
