// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.pin;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.volume.Lease;
import io.tidemark.cdp.volume.StorePlace;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The readers of a history, each with a small file in {@code pins} and a lease that ends with its process.
 *
 * <p>Whoever announces itself, and whoever publishes a catalogue, holds the gate meanwhile, which takes moments. So a reader is either
 * seen by the one that publishes, or reads what was published.
 */
public final class Pins implements AutoCloseable {
    private static final String PLACE = "pins";
    private static final String GATE = "gate.lock";
    /** What a pin's lease is called behind its name. */
    private static final String HELD = ".held";

    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(2);

    private final StorePlace place;
    private final Lease gate;
    private final List<PinnedState> states = new ArrayList<>();
    private int everything;

    private Pins(StorePlace place, Lease gate) {
        this.place = place;
        this.gate = gate;
    }

    /**
     * Announces a reader; called before it reads anything of the history.
     *
     * @return {@link Pin#NONE} if this process may not write to the store, or the store has no room: it can be read all the same
     * @throws StoreException IN_USE if the gate stays shut, IO
     */
    public static Pin announce(History history) {
        var place = history.place().in(PLACE);
        try {
            place.make();
            try (var gate = gate(history, place)) {
                var name = UUID.randomUUID().toString();
                // The lease first: a file without one is of a reader that has died.
                var lease = place.take(name + HELD).orElseThrow(() -> new IOException("pin " + name + " is taken"));
                try {
                    place.create(name, new byte[0]);
                    gate.check();
                } catch (IOException | RuntimeException e) {
                    lease.close();
                    throw e;
                }
                return new Pin(place, name, lease);
            }
        } catch (IOException e) {
            var failed = StoreException.of("history of " + history.disk() + " in " + place.name(), e);
            if (isReadOnly(e) || failed.code() == Code.NO_SPACE) {
                return Pin.NONE;
            }
            throw failed;
        }
    }

    private static boolean isReadOnly(IOException e) {
        return e instanceof AccessDeniedException
                || e instanceof FileSystemException failed
                        && failed.getReason() != null
                        && failed.getReason().contains("Read-only")
                || e.getMessage() != null && e.getMessage().contains("Read-only");
    }

    /**
     * Shuts the gate and looks who is there; signs of the dead are removed. Until this is closed, no reader begins.
     *
     * @throws StoreException IN_USE if the gate stays shut, IO
     */
    public static Pins shut(History history) {
        var place = history.place().in(PLACE);
        try {
            place.make();
            var pins = new Pins(place, gate(history, place));
            try {
                pins.look();
                return pins;
            } catch (IOException | RuntimeException e) {
                pins.close();
                throw e;
            }
        } catch (IOException e) {
            throw StoreException.of("history of " + history.disk() + " in " + place.name(), e);
        }
    }

    private static Lease gate(History history, StorePlace place) throws IOException {
        long begin = System.nanoTime();
        while (true) {
            var gate = place.take(GATE);
            if (gate.isPresent()) {
                return gate.get();
            }
            if (System.nanoTime() - begin > PATIENCE) {
                throw new StoreException(
                        Code.IN_USE,
                        "history of " + history.disk() + ": another process holds " + place.name() + "/" + GATE
                                + " for long, which should take moments: is it stopped? End it, and try again");
            }
            LockSupport.parkNanos(PAUSE);
        }
    }

    private void look() throws IOException {
        for (var name : place.files()) {
            if (name.equals(GATE) || name.endsWith(HELD)) {
                continue;
            }
            if (!place.isTaken(name + HELD)) {
                remove(place, name);
                continue;
            }
            var state = read(name);
            if (state == null) {
                everything++;
            } else {
                states.add(state);
            }
        }
        for (var name : place.files()) {
            // Of one that died between its lease and its file, or between the removal of both.
            if (name.endsWith(HELD)
                    && !place.has(name.substring(0, name.length() - HELD.length()))
                    && !place.isTaken(name)) {
                deleteIfThere(place, name);
            }
        }
    }

    private PinnedState read(String name) throws IOException {
        try {
            return PinnedState.of(place.read(name));
        } catch (NoSuchFileException _) {
            // It has ended since the list was made; taking it for one that needs everything costs one round.
            return null;
        }
    }

    /** Removes what readers have left that died while they said what they need. For the process that has the history's lease. */
    public void removeUnfinished() throws IOException {
        place.removeUnfinished(name -> place.isTaken(name + HELD));
    }

    /** Removes a pin's files. Its lease, if anybody has it, is given back after this. */
    static void remove(StorePlace place, String name) throws IOException {
        deleteIfThere(place, name);
        deleteIfThere(place, name + HELD);
    }

    private static void deleteIfThere(StorePlace place, String file) throws IOException {
        try {
            if (place.has(file)) {
                place.delete(file);
            }
        } catch (NoSuchFileException _) {
            // The reader whose pin it was, or who looks for what to remove, was faster.
        }
    }

    /** The states that readers need. */
    public List<PinnedState> states() {
        return List.copyOf(states);
    }

    /** How many readers need everything, or haven't said yet what they need. */
    public int everything() {
        return everything;
    }

    /** Whether a reader may still look at a layer file. */
    public boolean reads(int layer) {
        return everything > 0
                || states.stream().anyMatch(state -> state.layers().contains(layer));
    }

    /** Opens the gate. */
    @Override
    public void close() {
        gate.close();
    }
}
