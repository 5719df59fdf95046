// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.IdentityFile;
import io.tidemark.cdp.pin.Pins;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.volume.DirectoryPlace;
import io.tidemark.cdp.volume.Lease;
import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.write.HistorySource;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.cdp.write.SpoolRoom;
import io.tidemark.cdp.write.WriterOptions;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A place that holds the histories of any number of disks. May be used by any thread.
 *
 * <p>Each disk has {@code disks/ID/} with its identity, its writer's lease, and its volumes.
 */
public final class Store {
    private static final String IDENTITY = "tidemark-store";
    private static final String DISKS = "disks";
    private static final String HISTORY = "history";
    private static final String LEASE = "lock";
    private static final Pattern DISK = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    private final StorePlace place;

    private Store(StorePlace place) {
        this.place = place;
    }

    /** Opens a store that exists in a directory. */
    public static Store open(Path directory) {
        return open(DirectoryPlace.at(directory));
    }

    /** Opens a store that exists. */
    public static Store open(StorePlace place) {
        try {
            IdentityFile.read(place, IDENTITY, IdentityFile.STORE_MAGIC);
            return new Store(place);
        } catch (IOException e) {
            throw StoreException.of("store " + place.name(), e);
        }
    }

    /** Opens what is left of a store, whose identity may be lost. */
    public static Store remains(StorePlace place) {
        return new Store(place);
    }

    /** Opens a store, or makes one in an empty or new directory. */
    public static Store openOrCreate(Path directory) {
        return openOrCreate(DirectoryPlace.at(directory));
    }

    /** Opens a store, or makes one in an empty or new place. */
    public static Store openOrCreate(StorePlace place) {
        try {
            place.in(DISKS).make();
            if (!place.has(IDENTITY)) {
                place.create(IDENTITY, new IdentityFile(UUID.randomUUID(), 0, now()).bytes(IdentityFile.STORE_MAGIC));
            }
        } catch (IOException e) {
            throw StoreException.of("store " + place.name(), e);
        }
        return open(place);
    }

    /** The store as messages name it. */
    public String name() {
        return place.name();
    }

    /** The ids of the disks that have a history here. */
    public List<String> disks() {
        try {
            var disks = place.in(DISKS);
            var found = new ArrayList<String>();
            for (var disk : disks.places()) {
                if (isHistory(disks.in(disk))) {
                    found.add(disk);
                }
            }
            return List.copyOf(found);
        } catch (IOException e) {
            throw StoreException.of("store " + name(), e);
        }
    }

    /** The ids of disks of which there are segments, but no identity, and that nobody is writing to. */
    public List<String> nameless() {
        try {
            var disks = place.in(DISKS);
            var found = new ArrayList<String>();
            for (var disk : disks.places()) {
                var home = disks.in(disk);
                if (DISK.matcher(disk).matches()
                        && !isHistory(home)
                        && hasSegments(disk, home)
                        && !home.isTaken(LEASE)) {
                    found.add(disk);
                }
            }
            return List.copyOf(found);
        } catch (IOException e) {
            throw StoreException.of("store " + name(), e);
        }
    }

    private static String withoutIdentity(StorePlace home) {
        return home.name() + "/" + HISTORY
                + ": is missing, though there are segments: if an export was interrupted, give its command again; else"
                + " salvage --identity writes that file anew; for a new history name another store";
    }

    private static boolean hasSegments(String disk, StorePlace home) throws IOException {
        try {
            return !new History(disk, new UUID(0, 0), 0, home).meta().list().isEmpty();
        } catch (NoSuchFileException | AccessDeniedException _) {
            return false;
        }
    }

    private static boolean isHistory(StorePlace home) throws IOException {
        try {
            return home.has(HISTORY);
        } catch (AccessDeniedException _) {
            return false; // somebody else's
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
        return write(disk, capacity, options, Optional.empty());
    }

    public HistoryWriter write(String disk, long capacity, Optional<SpoolRoom> spool) {
        return write(disk, capacity, WriterOptions.DEFAULT, spool);
    }

    /**
     * Likewise, with a spool.
     *
     * @param spool where it waits for a store that fails or hangs
     */
    public HistoryWriter write(String disk, long capacity, WriterOptions options, Optional<SpoolRoom> spool) {
        return HistoryWriter.open(new Writing(disk, capacity), options, spool);
    }

    /** Opens the history; makes what is missing the first time only: what is missing then was moved, or isn't mounted. */
    private final class Writing implements HistorySource {
        private final String disk;
        private final long capacity;
        private boolean known;

        Writing(String disk, long capacity) {
            this.disk = disk;
            this.capacity = capacity;
        }

        @Override
        public Opened open() {
            if (known) {
                Store.open(place);
                history(disk);
            }
            var opened = take(disk, capacity);
            known = true;
            return opened;
        }
    }

    private HistorySource.Opened take(String disk, long capacity) {
        var home = home(disk);
        if (!isCapacity(capacity)) {
            throw new StoreException(
                    Code.WRONG_SIZE,
                    "disk " + disk + ": " + capacity + " bytes are no size that a history can have: use a positive"
                            + " multiple of 512, up to 1 PiB");
        }
        try {
            History.make(home);
            var lease = home.take(LEASE)
                    .orElseThrow(() -> new StoreException(
                            Code.IN_USE,
                            "history of " + disk + " in " + name()
                                    + ": store in use: another agent writes this history; stop it, or name another"
                                    + " store"));
            History history;
            try {
                history = toBeWritten(disk, lease.place(), capacity);
            } catch (IOException | RuntimeException | Error e) {
                lease.close();
                throw e;
            }
            return new HistorySource.Opened(history, lease);
        } catch (IOException e) {
            throw StoreException.of("store " + name(), e);
        }
    }

    /**
     * Takes a history that nobody writes, to say what is kept of it.
     *
     * @throws StoreException IN_USE while somebody writes it
     */
    public KeptHistory keep(String disk) {
        var opened = take(disk, history(disk).capacity());
        try {
            return KeptHistory.open(opened.history(), opened.lease());
        } catch (IOException e) {
            opened.lease().close();
            throw StoreException.of("history of " + disk, e);
        }
    }

    /** Makes the history's identity, or has it grow with its disk. */
    private History toBeWritten(String disk, StorePlace home, long capacity) throws IOException {
        if (!home.has(HISTORY)) {
            if (hasSegments(disk, home)) { // a new history would delete them
                throw new StoreException(Code.DAMAGED, withoutIdentity(home));
            }
            home.create(
                    HISTORY, new IdentityFile(UUID.randomUUID(), capacity, now()).bytes(IdentityFile.HISTORY_MAGIC));
        }
        var history = history(disk, home);
        if (history.capacity() > capacity) {
            throw new StoreException(
                    Code.WRONG_SIZE,
                    "history of " + disk + " in " + name() + ": is of a disk of " + history.capacity()
                            + " bytes, which has only " + capacity
                            + " now: name another store or another disk id");
        }
        if (history.capacity() < capacity) {
            var grown =
                    IdentityFile.read(home, HISTORY, IdentityFile.HISTORY_MAGIC).grown(capacity);
            home.replace(HISTORY, grown.bytes(IdentityFile.HISTORY_MAGIC));
            return history(disk, home);
        }
        return history;
    }

    /** Opens a disk's history for reading, beside a running writer or not. What it holds stays until the reader is closed. */
    public HistoryReader read(String disk) {
        var history = history(disk);
        var pin = Pins.announce(history);
        try {
            return HistoryReader.open(history, isWritten(disk), pin);
        } catch (RuntimeException | Error e) {
            pin.close();
            throw e;
        }
    }

    /** Whether an agent writes the disk's history now. */
    public boolean isWritten(String disk) {
        try {
            return home(disk).isTaken(LEASE);
        } catch (IOException e) {
            throw StoreException.of("history of " + disk + " in " + name(), e);
        }
    }

    /** Where a disk's history lies; it must exist. */
    public History history(String disk) {
        var home = home(disk);
        try {
            if (home.has(HISTORY)) {
                return history(disk, home);
            }
            throw new StoreException(
                    Code.NOT_FOUND,
                    hasSegments(disk, home)
                            ? withoutIdentity(home)
                            : "store " + name() + ": holds no history of disk " + disk + "; it knows " + disks());
        } catch (IOException e) {
            throw StoreException.of("store " + name(), e);
        }
    }

    /**
     * Likewise; if its identity is lost, what the segments say of it.
     *
     * @throws StoreException NOT_FOUND if there is no segment whose header is right, either
     */
    public History remains(String disk) {
        var home = home(disk);
        try {
            return history(disk, home);
        } catch (StoreException e) {
            if (e.code() != Code.DAMAGED && e.code() != Code.UNSUPPORTED) {
                throw e;
            }
            return lost(disk, home);
        } catch (NoSuchFileException _) {
            return lost(disk, home);
        } catch (IOException e) {
            throw StoreException.of("store " + name(), e);
        }
    }

    private History lost(String disk, StorePlace home) {
        try {
            var found = LostIdentity.find(disk, home);
            if (found.isPresent() && isCapacity(found.get().capacity())) {
                return new History(disk, found.get().id(), found.get().capacity(), home);
            }
        } catch (NoSuchFileException _) {
            // Told below.
        } catch (IOException e) {
            throw StoreException.of("store " + name(), e);
        }
        throw new StoreException(
                Code.NOT_FOUND,
                "store " + name() + ": nothing is left of a history of disk " + disk
                        + ": look at the name of its place");
    }

    /**
     * Writes a history's identity anew, and the store's, where they are lost or damaged: as the segments have it. A copy that was not
     * completed has none either, and counts as a history then.
     *
     * @throws StoreException IN_USE while somebody writes the history or copies to it, NOT_FOUND if no segment's header is right
     */
    public void renewIdentity(String disk) {
        var found = remains(disk);
        try (var lease = home(disk)
                .take(LEASE)
                .orElseThrow(() -> new StoreException(
                        Code.IN_USE,
                        "history of " + disk + " in " + name()
                                + ": is being written or copied: stop the agent, or wait for the export"))) {
            renew(place, IDENTITY, IdentityFile.STORE_MAGIC, new IdentityFile(UUID.randomUUID(), 0, now()));
            renew(
                    lease.place(),
                    HISTORY,
                    IdentityFile.HISTORY_MAGIC,
                    new IdentityFile(found.id(), found.capacity(), now()));
        } catch (IOException e) {
            throw StoreException.of("store " + name(), e);
        }
    }

    private static void renew(StorePlace where, String file, long magic, IdentityFile identity) throws IOException {
        if (where.has(file) && IdentityFile.isWhole(where.read(file), magic)) {
            return; // of a later version, perhaps
        }
        where.replace(file, identity.bytes(magic));
    }

    /** Whether the small file is one that each store makes for itself. */
    static boolean isOwn(String file) {
        return file.equals(HISTORY) || file.equals(LEASE);
    }

    /** Makes a place for the copy of a history that isn't here, and takes its lease. */
    Lease takeForCopy(String disk) throws IOException {
        var home = home(disk);
        History.make(home);
        if (home.has(HISTORY)) {
            throw new StoreException(
                    Code.IN_USE,
                    "store " + name() + ": has a history of disk " + disk + " already: name another store");
        }
        return home.take(LEASE)
                .orElseThrow(() -> new StoreException(
                        Code.IN_USE,
                        "store " + name() + ": a history of " + disk + " is being written or copied there"));
    }

    /** From now on the copy is a history. */
    static void finishCopy(History copy, History of) throws IOException {
        copy.place()
                .create(
                        HISTORY,
                        IdentityFile.read(of.place(), HISTORY, IdentityFile.HISTORY_MAGIC)
                                .bytes(IdentityFile.HISTORY_MAGIC));
    }

    private static History history(String disk, StorePlace home) throws IOException {
        var identity = IdentityFile.read(home, HISTORY, IdentityFile.HISTORY_MAGIC);
        if (!isCapacity(identity.capacity())) {
            throw new StoreException(
                    Code.DAMAGED,
                    home.name() + "/" + HISTORY + ": says that the disk has " + identity.capacity()
                            + " bytes: bring these 64 bytes back from a copy of the store");
        }
        return new History(disk, identity.id(), identity.capacity(), home);
    }

    private static boolean isCapacity(long bytes) {
        return bytes > 0 && bytes % 512 == 0 && bytes <= History.LARGEST_DISK;
    }

    private StorePlace home(String disk) {
        if (!DISK.matcher(disk).matches()) {
            throw new StoreException(
                    Code.BAD_NAME, "disk id \"" + disk + "\": use up to 64 letters, digits, dots, dashes, underscores");
        }
        return place.in(DISKS).in(disk);
    }

    private static long now() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }
}
