// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A place in memory. Its volumes can be exchanged, its leases be taken away. */
public final class MemoryPlace implements StorePlace {
    private final String name;
    private final Map<String, MemoryPlace> inside = new TreeMap<>();
    private final Map<String, byte[]> files = new TreeMap<>();
    private final Map<String, StoreVolume> volumes = new TreeMap<>();
    private final Map<String, Lease> leases = new TreeMap<>();
    private boolean made;

    public MemoryPlace() {
        this("memory");
    }

    private MemoryPlace(String name) {
        this.name = name;
    }

    /** Puts a volume in place of one that is there, or that isn't made yet. */
    public synchronized MemoryPlace with(String volume, StoreVolume content) {
        made = true;
        volumes.put(volume, content);
        return this;
    }

    /** A copy of all but the leases, with other volumes. */
    public synchronized MemoryPlace copy(UnaryOperator<StoreVolume> change) {
        var copy = new MemoryPlace(name);
        copy.made = made;
        inside.forEach((key, place) -> copy.inside.put(key, place.copy(change)));
        copy.files.putAll(files);
        volumes.forEach((key, volume) -> copy.volumes.put(key, change.apply(volume)));
        return copy;
    }

    /** Does something while nothing in the place can change. */
    public synchronized void frozen(Runnable task) {
        var all = task;
        for (var volume : volumes.values()) {
            var inner = all;
            all = () -> {
                synchronized (volume) {
                    inner.run();
                }
            };
        }
        for (var place : inside.values()) {
            var inner = all;
            all = () -> place.frozen(inner);
        }
        all.run();
    }

    /** Another is given the lease, as if its holder's host had been cut off. */
    public synchronized void takeAway(String lease) {
        leases.remove(lease);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public synchronized MemoryPlace in(String place) {
        return inside.computeIfAbsent(PlaceName.checked(place), key -> new MemoryPlace(name + "/" + key));
    }

    @Override
    public synchronized List<String> places() {
        var found = new ArrayList<String>();
        inside.forEach((key, place) -> {
            if (place.isMade()) {
                found.add(key);
            }
        });
        return found;
    }

    private synchronized boolean isMade() {
        return made || inside.values().stream().anyMatch(MemoryPlace::isMade);
    }

    @Override
    public synchronized void make(String... wanted) {
        made = true;
        for (var volume : wanted) {
            volumes.computeIfAbsent(volume, _ -> new MemoryVolume());
        }
    }

    @Override
    public synchronized List<String> files() {
        return List.copyOf(files.keySet());
    }

    @Override
    public synchronized boolean has(String file) {
        return files.containsKey(file);
    }

    @Override
    public synchronized byte[] read(String file) throws IOException {
        var content = files.get(PlaceName.checked(file));
        if (content == null) {
            throw new NoSuchFileException(name + "/" + file);
        }
        return content.clone();
    }

    @Override
    public synchronized boolean create(String file, byte[] content) throws IOException {
        checkMade();
        return files.putIfAbsent(PlaceName.checked(file), content.clone()) == null;
    }

    @Override
    public synchronized void replace(String file, byte[] content) throws IOException {
        checkMade();
        files.put(PlaceName.checked(file), content.clone());
    }

    @Override
    public synchronized void delete(String file) throws IOException {
        if (files.remove(file) == null) {
            throw new NoSuchFileException(name + "/" + file);
        }
    }

    private void checkMade() throws IOException {
        if (!isMade()) {
            throw new NoSuchFileException(name);
        }
    }

    @Override
    public synchronized StoreVolume volume(String volume) {
        return volumes.computeIfAbsent(volume, _ -> new MemoryVolume());
    }

    @Override
    public StoreVolume bulk(String volume) {
        return volume(volume);
    }

    @Override
    public synchronized Optional<Lease> take(String lease) throws IOException {
        checkMade();
        if (leases.containsKey(lease)) {
            return Optional.empty();
        }
        var taken = new MemoryLease(lease);
        leases.put(lease, taken);
        files.putIfAbsent(lease, new byte[1]);
        return Optional.of(taken);
    }

    @Override
    public synchronized boolean isTaken(String lease) {
        return leases.containsKey(lease);
    }

    private final class MemoryLease implements Lease {
        private final String key;

        MemoryLease(String key) {
            this.key = key;
        }

        @Override
        public StorePlace place() {
            return MemoryPlace.this;
        }

        @Override
        public void check() throws IOException {
            synchronized (MemoryPlace.this) {
                if (leases.get(key) != this) {
                    throw new IOException("the lease " + key + " is lost: another has taken it");
                }
            }
        }

        @Override
        public void close() {
            synchronized (MemoryPlace.this) {
                leases.remove(key, this);
            }
        }
    }
}
