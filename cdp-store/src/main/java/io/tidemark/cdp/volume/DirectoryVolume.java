// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.tidemark.disk.posix.PageCache;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.List;

/** Segments as files of a directory. */
public final class DirectoryVolume implements StoreVolume {
    private final Path directory;
    private final boolean direct;

    private DirectoryVolume(Path directory, boolean direct) {
        this.directory = directory;
        this.direct = direct;
    }

    /** A volume in {@code directory}, which exists. */
    public static DirectoryVolume in(Path directory) {
        return new DirectoryVolume(directory, false);
    }

    /** One for bulk data: written past the page cache where the file system can do that. */
    public static DirectoryVolume forBulk(Path directory) {
        return new DirectoryVolume(directory, true);
    }

    @Override
    public String name() {
        return directory.toString();
    }

    @Override
    public List<String> list() throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(SegmentName::isValid)
                    .sorted()
                    .toList();
        }
    }

    @Override
    public Segment create(String name) throws IOException {
        var segment = opened(name, CREATE_NEW, READ, WRITE);
        sync(directory);
        return toBeWritten(segment, name);
    }

    @Override
    public Segment open(String name) throws IOException {
        return opened(name, READ);
    }

    @Override
    public Segment reopen(String name) throws IOException {
        return toBeWritten(opened(name, READ, WRITE), name);
    }

    @Override
    public void dropCache(String name) throws IOException {
        PageCache.drop(file(name));
    }

    @Override
    public void delete(String name) throws IOException {
        Files.delete(file(name));
        sync(directory);
    }

    @Override
    public void close() {}

    /** Brings the directory's entries to stable storage. */
    public static void sync(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, READ)) {
            channel.force(true);
        }
    }

    private Segment toBeWritten(FileSegment segment, String name) throws IOException {
        return direct ? DirectSegment.over(segment, file(name)) : segment;
    }

    private FileSegment opened(String name, OpenOption... options) throws IOException {
        return new FileSegment(FileChannel.open(file(name), options), file(name));
    }

    private Path file(String name) {
        return directory.resolve(SegmentName.checked(name));
    }
}
