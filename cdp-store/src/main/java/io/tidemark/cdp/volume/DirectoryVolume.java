// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** Segments as files of a directory. */
public final class DirectoryVolume implements StoreVolume {
    private static final Pattern NAME = Pattern.compile("[0-9]{8}");

    private final Path directory;

    /** A volume in {@code directory}, which exists. */
    public DirectoryVolume(Path directory) {
        this.directory = directory;
    }

    @Override
    public String name() {
        return directory.toString();
    }

    @Override
    public List<String> list() throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> NAME.matcher(name).matches())
                    .sorted()
                    .toList();
        }
    }

    @Override
    public Segment create(String name) throws IOException {
        var segment = opened(name, CREATE_NEW, READ, WRITE);
        sync(directory);
        return segment;
    }

    @Override
    public Segment open(String name) throws IOException {
        return opened(name, READ);
    }

    @Override
    public Segment reopen(String name) throws IOException {
        return opened(name, READ, WRITE);
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

    private Segment opened(String name, OpenOption... options) throws IOException {
        return new FileSegment(FileChannel.open(file(name), options), file(name));
    }

    private Path file(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("segment name " + name);
        }
        return directory.resolve(name);
    }
}
