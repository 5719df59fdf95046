// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.IdentityFile;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.volume.DirectoryVolume;
import io.tidemark.cdp.volume.WriterLease;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.cdp.write.WriterOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A directory that holds the histories of any number of disks. Holds nothing open; may be used by any thread.
 *
 * <p>Each disk has {@code disks/ID/} with its identity, its writer's lock, and its data and metadata volumes.
 */
public final class Store {
    private static final String IDENTITY = "tidemark-store";
    private static final Pattern DISK = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    private final Path directory;

    private Store(Path directory) {
        this.directory = directory;
    }

    /** Opens a store that exists. */
    public static Store open(Path directory) {
        try {
            IdentityFile.read(directory.resolve(IDENTITY), IdentityFile.STORE_MAGIC);
            return new Store(directory);
        } catch (IOException e) {
            throw StoreException.of("store " + directory, e);
        }
    }

    /** Opens a store, or makes one in an empty or new directory. */
    public static Store openOrCreate(Path directory) {
        var identity = directory.resolve(IDENTITY);
        try {
            Files.createDirectories(directory.resolve("disks"));
            if (!Files.exists(identity)) {
                new IdentityFile(UUID.randomUUID(), 0, now()).create(identity, IdentityFile.STORE_MAGIC);
            }
        } catch (IOException e) {
            throw StoreException.of("store " + directory, e);
        }
        return open(directory);
    }

    public Path directory() {
        return directory;
    }

    /** The ids of the disks that have a history here. */
    public List<String> disks() {
        try (var found = Files.list(directory.resolve("disks"))) {
            return found.filter(disk -> Files.exists(disk.resolve("history")))
                    .map(disk -> disk.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw StoreException.of("store " + directory, e);
        }
    }

    public HistoryWriter write(String disk, long capacity) {
        return write(disk, capacity, WriterOptions.DEFAULT);
    }

    /**
     * Opens a disk's history for writing, or begins one; refused while another writer has it.
     *
     * @param capacity the disk's size in bytes: no less than when it was written last. Of a disk that has grown, the past has
     *     zeros behind its former end
     */
    public HistoryWriter write(String disk, long capacity, WriterOptions options) {
        var home = home(disk);
        if (!isCapacity(capacity)) {
            throw new StoreException(
                    Code.WRONG_SIZE,
                    "disk " + disk + ": " + capacity + " bytes are no size that a history can have: use a positive"
                            + " multiple of 512, up to 1 PiB");
        }
        WriterLease lease = null;
        try {
            Files.createDirectories(home.resolve("data"));
            Files.createDirectories(home.resolve("meta"));
            Files.createDirectories(home.resolve("packed"));
            lease = WriterLease.take(home.resolve("lock"), "history of " + disk + " in " + directory);
            var identity = home.resolve("history");
            if (!Files.exists(identity)) {
                new IdentityFile(UUID.randomUUID(), capacity, now()).create(identity, IdentityFile.HISTORY_MAGIC);
                DirectoryVolume.sync(home.getParent());
            }
            var history = history(disk);
            if (history.capacity() > capacity) {
                throw new StoreException(
                        Code.WRONG_SIZE,
                        "history of " + disk + " in " + directory + ": is of a disk of " + history.capacity()
                                + " bytes, which has only " + capacity
                                + " now: name another store or another disk id");
            }
            if (history.capacity() < capacity) {
                IdentityFile.read(identity, IdentityFile.HISTORY_MAGIC)
                        .grown(capacity)
                        .replace(identity, IdentityFile.HISTORY_MAGIC);
                history = history(disk);
            }
            var taken = lease;
            lease = null;
            return HistoryWriter.open(history, options, taken);
        } catch (IOException e) {
            throw StoreException.of("store " + directory, e);
        } finally {
            if (lease != null) {
                lease.close();
            }
        }
    }

    /** Opens a disk's history for reading, beside a running writer or not. */
    public HistoryReader read(String disk) {
        return HistoryReader.open(history(disk), isWritten(disk));
    }

    /** Whether an agent writes the disk's history now. */
    public boolean isWritten(String disk) {
        var lock = home(disk).resolve("lock");
        return Files.exists(lock) && WriterLease.isTaken(lock, "history of " + disk + " in " + directory);
    }

    /** Where a disk's history lies; it must exist. */
    public History history(String disk) {
        var home = home(disk);
        if (!Files.exists(home.resolve("history"))) {
            throw new StoreException(
                    Code.NOT_FOUND,
                    "store " + directory + ": holds no history of disk " + disk + "; it knows " + disks());
        }
        try {
            var identity = IdentityFile.read(home.resolve("history"), IdentityFile.HISTORY_MAGIC);
            if (!isCapacity(identity.capacity())) {
                throw new StoreException(
                        Code.DAMAGED,
                        home.resolve("history") + ": says that the disk has " + identity.capacity()
                                + " bytes: bring these 64 bytes back from a copy of the store");
            }
            return new History(
                    disk,
                    identity.id(),
                    identity.capacity(),
                    DirectoryVolume.forBulk(home.resolve("data")),
                    DirectoryVolume.in(home.resolve("meta")),
                    DirectoryVolume.forBulk(home.resolve("packed")));
        } catch (IOException e) {
            throw StoreException.of("store " + directory, e);
        }
    }

    private static boolean isCapacity(long bytes) {
        return bytes > 0 && bytes % 512 == 0 && bytes <= History.LARGEST_DISK;
    }

    private Path home(String disk) {
        if (!DISK.matcher(disk).matches()) {
            throw new StoreException(
                    Code.BAD_NAME, "disk id \"" + disk + "\": use up to 64 letters, digits, dots, dashes, underscores");
        }
        return directory.resolve("disks").resolve(disk);
    }

    private static long now() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }
}
