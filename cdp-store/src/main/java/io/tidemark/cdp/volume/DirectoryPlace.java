// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** A directory, on a local file system or a network's. */
public final class DirectoryPlace implements StorePlace {
    private static final int TRIES = 100;
    private static final long PAUSE = 50_000_000;
    private static final String DRAWN = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    private static final Pattern PASSING = Pattern.compile("[.](.+)[.]" + DRAWN);
    /** Of a file that is nothing but a change of its directory. */
    private static final Pattern CHANGE = Pattern.compile("[.]" + DRAWN);

    private final Path directory;

    private DirectoryPlace(Path directory) {
        this.directory = directory;
    }

    /** @param directory need not exist yet */
    public static DirectoryPlace at(Path directory) {
        return new DirectoryPlace(directory);
    }

    @Override
    public String name() {
        return directory.toString();
    }

    @Override
    public DirectoryPlace in(String name) {
        return new DirectoryPlace(path(name));
    }

    @Override
    public List<String> places() throws IOException {
        return list(path -> Files.isDirectory(path));
    }

    @Override
    public void make(String... volumes) throws IOException {
        makeDirectory(directory.toAbsolutePath());
        for (var volume : volumes) {
            makeDirectory(path(volume).toAbsolutePath());
        }
    }

    /** Like {@link Files#createDirectories}, and each new entry is on stable storage. */
    private static void makeDirectory(Path wanted) throws IOException {
        if (Files.isDirectory(wanted)) {
            return;
        }
        if (wanted.getParent() != null) {
            makeDirectory(wanted.getParent());
        }
        Files.createDirectories(wanted);
        DirectoryVolume.sync(wanted.getParent());
    }

    @Override
    public List<String> files() throws IOException {
        return list(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS));
    }

    private List<String> list(Predicate<Path> wanted) throws IOException {
        try (var found = Files.list(directory)) {
            return found.filter(path -> PlaceName.isValid(path.getFileName().toString()))
                    .filter(wanted)
                    .map(path -> path.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @Override
    public boolean has(String file) throws IOException {
        try {
            Files.readAttributes(path(file), BasicFileAttributes.class);
            return true;
        } catch (NoSuchFileException _) {
            return false;
        }
    }

    /** A network file system may give the handle of a file that has been replaced, for as long as it keeps names. */
    @Override
    public byte[] read(String file) throws IOException {
        for (int i = 0; ; i++) {
            try {
                return Files.readAllBytes(path(file));
            } catch (IOException e) {
                if (i == TRIES || !StaleHandle.is(e)) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE);
            }
        }
    }

    @Override
    public boolean create(String file, byte[] content) throws IOException {
        return create(file, content, () -> {});
    }

    @Override
    public void replace(String file, byte[] content) throws IOException {
        replace(file, content, () -> {});
    }

    /** What must hold before a file that is written gets its name. */
    interface Condition {
        void check() throws IOException;
    }

    /**
     * Under a passing name first, which is then given its own.
     *
     * @param condition checked in between: whoever makes it fail, and then {@linkplain #removePassing removes} files with passing names,
     *     needn't fear that this one appears later
     */
    boolean create(String file, byte[] content, Condition condition) throws IOException {
        var passing = passing(file);
        boolean made = false;
        try {
            write(passing, content);
            condition.check();
            try {
                Files.createLink(path(file), passing);
                made = true;
            } catch (FileAlreadyExistsException _) {
                // Somebody else was first, or a network file system did it and lost its answer.
                made = Files.isSameFile(path(file), passing);
            }
        } finally {
            Files.deleteIfExists(passing);
        }
        DirectoryVolume.sync(directory);
        return made;
    }

    /** Likewise. */
    void replace(String file, byte[] content, Condition condition) throws IOException {
        var passing = passing(file);
        try {
            write(passing, content);
            condition.check();
            Files.move(passing, path(file), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(passing);
        }
        DirectoryVolume.sync(directory);
    }

    @Override
    public void delete(String file) throws IOException {
        Files.delete(path(file));
        DirectoryVolume.sync(directory);
    }

    @Override
    public StoreVolume volume(String name) {
        return DirectoryVolume.in(path(name));
    }

    @Override
    public StoreVolume bulk(String name) {
        return DirectoryVolume.forBulk(path(name));
    }

    @Override
    public Optional<Lease> take(String lease) throws IOException {
        return FileLease.take(this, path(lease)).map(taken -> taken);
    }

    @Override
    public boolean isTaken(String lease) throws IOException {
        try {
            return FileLease.isTaken(path(lease));
        } catch (NoSuchFileException _) {
            return false;
        }
    }

    /** Removes what was written, and hasn't got its own name yet: of the dead, and of those who have lost the right to write here. */
    void removePassing() throws IOException {
        removeUnfinished(_ -> false);
        for (var place : places()) {
            removeChanges(directory.resolve(place));
        }
        DirectoryVolume.sync(directory);
    }

    @Override
    public void removeUnfinished(InHand inHand) throws IOException {
        try (var found = Files.list(directory)) {
            for (var path : found.toList()) {
                var passing = PASSING.matcher(path.getFileName().toString());
                if (passing.matches() && !inHand.test(passing.group(1))) {
                    Files.deleteIfExists(path);
                }
            }
        }
        removeChanges(directory);
    }

    private static void removeChanges(Path place) throws IOException {
        try (var found = Files.newDirectoryStream(
                place, path -> CHANGE.matcher(path.getFileName().toString()).matches())) {
            for (var path : found) {
                Files.deleteIfExists(path);
            }
        }
    }

    /**
     * Has the kernel forget what it believes to be in this place and in its directories: another host may have changed them a moment
     * ago, which a network file system shows when one changes them oneself.
     */
    void refresh() throws IOException {
        var directories = new ArrayList<>(places());
        directories.add("");
        for (var one : directories) {
            var passing = directory.resolve(one).resolve("." + UUID.randomUUID());
            Files.createFile(passing);
            Files.deleteIfExists(passing); // perhaps somebody took it for one of the dead
        }
    }

    private static void write(Path passing, byte[] content) throws IOException {
        try (var channel = FileChannel.open(passing, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    /** A name of nobody else's, that no list shows. */
    private Path passing(String file) {
        path(file);
        return directory.resolve("." + file + "." + UUID.randomUUID());
    }

    private Path path(String name) {
        return directory.resolve(PlaceName.checked(name));
    }

    @Override
    public String toString() {
        return name();
    }
}
