// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.rbd;

import io.tidemark.cdp.volume.Lease;
import io.tidemark.cdp.volume.PlaceName;
import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.volume.StoreVolume;
import io.tidemark.disk.rbd.PoolMap;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;

/**
 * A place in a Ceph pool or in a namespace of one. Each has an object whose map holds its small files ({@code file:NAME}) and the
 * names of the places inside ({@code place:NAME}); segments and leases are images. All their names begin with {@code tidemark} and the
 * place's path, with dots between.
 */
public final class RbdPlace implements StorePlace {
    private static final String ROOT = "tidemark";
    private static final String FILE = "file:";
    private static final String PLACE = "place:";

    /** One use of a place's map. */
    private interface Use<T> {
        T of(PoolMap map) throws IOException;
    }

    private final RbdStoreName store;
    private final Optional<RbdConnection> own;
    private final Optional<RbdPlace> outer;
    private final String path;
    private final String last;

    private RbdPlace(
            RbdStoreName store, Optional<RbdConnection> own, Optional<RbdPlace> outer, String path, String last) {
        this.store = store;
        this.own = own;
        this.outer = outer;
        this.path = path;
        this.last = last;
    }

    /** The outermost place of a store. Connects when it is first used. */
    public static RbdPlace of(RbdStoreName store) {
        return new RbdPlace(store, Optional.empty(), Optional.empty(), ROOT, "");
    }

    /** The same place, reached through a connection of a lease's own. */
    RbdPlace through(RbdConnection connection) {
        return new RbdPlace(store, Optional.of(connection), outer.map(place -> place.through(connection)), path, last);
    }

    RbdConnection connection() throws IOException {
        return own.isPresent() ? own.get() : RbdConnection.shared(store);
    }

    RbdStoreName store() {
        return store;
    }

    /** What the names of its images begin with. */
    String path() {
        return path;
    }

    @Override
    public String name() {
        return path.equals(ROOT) ? store.toString() : store + "/" + path;
    }

    @Override
    public StorePlace in(String name) {
        return new RbdPlace(store, own, Optional.of(this), path + "." + PlaceName.checked(name), name);
    }

    @Override
    public List<String> places() throws IOException {
        return with(map -> map.keys(PLACE));
    }

    @Override
    public void make(String... volumes) throws IOException {
        if (outer.isEmpty()) {
            var connection = connection();
            try {
                connection.enter().makeNamespace();
            } finally {
                connection.leave();
            }
        } else if (!with(PoolMap::exists)) {
            outer.get().make();
        }
        with(map -> {
            map.make();
            return map;
        });
        if (outer.isPresent()) {
            outer.get().with(map -> {
                map.put(PLACE + last, new byte[] {1});
                return map;
            });
        }
    }

    @Override
    public List<String> files() throws IOException {
        return with(map -> map.keys(FILE));
    }

    @Override
    public boolean has(String file) throws IOException {
        return with(map -> map.get(FILE + PlaceName.checked(file))).isPresent();
    }

    @Override
    public byte[] read(String file) throws IOException {
        return with(map -> map.get(FILE + PlaceName.checked(file)))
                .orElseThrow(() -> new NoSuchFileException(name() + "/" + file));
    }

    @Override
    public boolean create(String file, byte[] content) throws IOException {
        return with(map -> map.putIfAbsent(FILE + PlaceName.checked(file), content));
    }

    @Override
    public void replace(String file, byte[] content) throws IOException {
        with(map -> {
            map.put(FILE + PlaceName.checked(file), content);
            return map;
        });
    }

    @Override
    public void delete(String file) throws IOException {
        read(file);
        with(map -> {
            map.remove(FILE + PlaceName.checked(file));
            return map;
        });
        RbdLease.remove(this, path + "." + file);
    }

    @Override
    public StoreVolume volume(String name) {
        return new RbdVolume(this, PlaceName.checked(name));
    }

    @Override
    public StoreVolume bulk(String name) {
        return volume(name);
    }

    @Override
    public Optional<Lease> take(String lease) throws IOException {
        if (!with(PoolMap::exists)) {
            throw new NoSuchFileException(name());
        }
        var taken = RbdLease.take(this, path + "." + PlaceName.checked(lease));
        if (taken.isPresent()) {
            // So that it is found, and deleted, like any other.
            create(lease, new byte[] {1});
        }
        return taken.map(held -> held);
    }

    @Override
    public boolean isTaken(String lease) throws IOException {
        return RbdLease.isTaken(this, path + "." + PlaceName.checked(lease));
    }

    private <T> T with(Use<T> use) throws IOException {
        var connection = connection();
        var pool = connection.enter();
        try {
            return use.of(pool.map(path));
        } finally {
            connection.leave();
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
