// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.rbd;

import io.tidemark.cdp.volume.Lease;
import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.disk.rbd.Pool;
import io.tidemark.disk.rbd.RbdFeature;
import io.tidemark.disk.rbd.RbdImage;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;

/**
 * A lease as the exclusive lock of a tiny image, taken over a connection of its own. Who takes it from a client that the cluster has lost
 * sight of (30 s by default) has that client locked out of the cluster first: nothing that goes through its connection
 * succeeds any more, however late it comes.
 */
final class RbdLease implements Lease {
    private static final long SIZE = 4096;

    private final RbdPlace place;
    private final RbdConnection connection;
    private final RbdImage image;
    private final String file;
    private boolean closed;

    private RbdLease(RbdPlace place, String file, RbdConnection connection, RbdImage image) {
        this.place = place;
        this.file = file;
        this.connection = connection;
        this.image = image;
    }

    static Optional<RbdLease> take(RbdPlace place, String name) throws IOException {
        var connection = RbdConnection.open(place.store());
        Optional<RbdLease> taken = Optional.empty();
        RbdImage image = null;
        try {
            image = openOrCreate(connection.enter(), name);
            if (image.lock()) {
                taken = Optional.of(new RbdLease(
                        place.through(connection), name.substring(place.path().length() + 1), connection, image));
            }
            return taken;
        } finally {
            if (taken.isEmpty()) {
                if (image != null) {
                    image.close();
                }
                connection.leave();
                connection.close();
            }
        }
    }

    private static RbdImage openOrCreate(Pool pool, String name) throws IOException {
        try {
            return pool.open(name);
        } catch (NoSuchFileException _) {
            try {
                pool.create(name, SIZE, RbdFeature.LAYERING, RbdFeature.EXCLUSIVE_LOCK);
            } catch (FileAlreadyExistsException _) {
                // Another was first.
            }
            return pool.open(name);
        }
    }

    /** Removes the image of a lease that nobody will want any more; while it is held, its holder does so in the end. */
    static void remove(RbdPlace place, String name) throws IOException {
        var connection = place.connection();
        try {
            connection.enter().remove(name);
        } catch (NoSuchFileException _) {
            // The small file was no lease's.
        } catch (IOException e) {
            if (!isTaken(place, name)) {
                throw e;
            }
        } finally {
            connection.leave();
        }
    }

    static boolean isTaken(RbdPlace place, String name) throws IOException {
        var connection = place.connection();
        var pool = connection.enter();
        try (var image = pool.openReadOnly(name)) {
            // Nobody else opens it for writing. The lock itself stays with one who died, until the next takes it.
            return image.watchers() > 0;
        } catch (NoSuchFileException _) {
            return false;
        } finally {
            connection.leave();
        }
    }

    @Override
    public StorePlace place() {
        return place;
    }

    /** What was synced went through a connection that the cluster had not locked out; so a later holder comes behind it. */
    @Override
    public synchronized void check() throws IOException {
        if (closed || !image.isLockOwner()) {
            throw new IOException(
                    "the lease of " + place.name() + " is lost: another agent has taken it, or may do so");
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            try {
                image.close();
                if (!place.has(file)) {
                    remove(place, place.path() + "." + file);
                }
            } catch (IOException _) {
                // Then the cluster ends it.
            }
            connection.leave();
            connection.close();
        }
    }
}
