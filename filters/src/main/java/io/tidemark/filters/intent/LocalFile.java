// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A {@link StableFile} in a file system of this host, under a lock that dies with the process. */
public final class LocalFile implements StableFile {
    private final Path path;
    private final FileChannel file;

    private LocalFile(Path path, FileChannel file) {
        this.path = path;
        this.file = file;
    }

    /** Opens the file, or makes an empty one. Refused while another process has it. */
    public static LocalFile open(Path path) throws IOException {
        boolean there = Files.exists(path);
        FileChannel file = FileChannel.open(
                path,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            if (file.tryLock() == null) {
                throw new IOException("another process has it");
            }
            if (!there) {
                syncFolder(path);
            }
            return new LocalFile(path, file);
        } catch (OverlappingFileLockException e) {
            file.close();
            throw new IOException("another disk of this process has it", e);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    private static void syncFolder(Path path) throws IOException {
        try (FileChannel folder = FileChannel.open(path.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    @Override
    public long size() throws IOException {
        return file.size();
    }

    @Override
    public void read(long at, ByteBuffer into) throws IOException {
        long from = at - into.position();
        while (into.hasRemaining()) {
            if (file.read(into, from + into.position()) < 0) {
                throw new IOException("is cut short");
            }
        }
    }

    @Override
    public void write(long at, ByteBuffer from) throws IOException {
        long begin = at - from.position();
        while (from.hasRemaining()) {
            file.write(from, begin + from.position());
        }
    }

    @Override
    public void sync() throws IOException {
        file.force(false);
    }

    @Override
    public void delete() throws IOException {
        Files.deleteIfExists(path);
        syncFolder(path);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
