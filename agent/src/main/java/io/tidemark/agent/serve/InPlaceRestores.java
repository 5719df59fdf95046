// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.image.RestoreNotes;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.State;
import io.tidemark.cdp.restore.NotePlace;
import io.tidemark.cdp.restore.RestoreNote;
import io.tidemark.disk.Filter;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;
import io.tidemark.filters.protect.Protection;
import io.tidemark.filters.protect.ProtectionState;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A disk's restores in place: at most one at a time, and what became of the last. May be used by any thread. */
final class InPlaceRestores implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InPlaceRestores.class);

    private final String disk;
    private final Image image;
    private final Optional<NotePlace> place;
    private List<Filter> filters = List.of();
    private Optional<SideLoop> loop = Optional.empty();
    private Optional<RestoreNote> unfinished = Optional.empty();
    private Optional<InPlaceRestore> last = Optional.empty();
    private Optional<Thread> thread = Optional.empty();
    private boolean running;

    InPlaceRestores(String disk, Image image, String name) {
        this.disk = disk;
        this.image = image;
        // A past has no image of its own that could be restored.
        this.place = name.startsWith("past:") ? Optional.empty() : RestoreNotes.beside(ImageName.parse(name));
        look();
    }

    /** Looks whether the disk is restored in part. Before a guest gets an image that was another agent's until now. */
    synchronized void look() {
        unfinished = place.flatMap(InPlaceRestores::find);
        unfinished.ifPresent(found -> LOG.warn("disk {}: {}", disk, sentence(found)));
    }

    private static Optional<RestoreNote> find(NotePlace beside) {
        try (NotePlace place = beside) {
            return RestoreNote.find(place);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    private static String sentence(RestoreNote found) {
        if (!found.isInPlace()) {
            return "a restore into its image is unfinished: stop this agent, and give that command again";
        }
        return "is restored in part to write:" + found.goal().number() + " (asked for as \""
                + found.goal().asked() + "\"), and no guest gets it like that: restore it in place to that point to go"
                + " on, or to \"mark:" + found.goal().undo() + "\" to undo it";
    }

    /** Refuses a guest while the disk is neither what it was nor what it is to be. */
    synchronized Optional<String> whyNoGuest() {
        return running ? Optional.of("it is being restored") : unfinished.map(InPlaceRestores::sentence);
    }

    /** Puts these filters in the way of what a restore writes. */
    synchronized CompletableFuture<Void> filters(List<Filter> all) {
        filters = all;
        return loop.map(side -> side.filters(all)).orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    synchronized RestoreStatus status() {
        return last.map(InPlaceRestore::status)
                .orElseGet(() -> unfinished
                        .map(found -> new RestoreStatus(
                                disk,
                                RestoreStatus.State.UNFINISHED,
                                found.goal().asked(),
                                found.goal().number(),
                                Micros.instant(found.goal().time()),
                                found.goal().undo(),
                                0,
                                0,
                                0,
                                "disk " + disk + ": " + sentence(found)))
                        .orElseGet(() -> RestoreStatus.none(disk)));
    }

    /**
     * Begins one, if nothing stands against it.
     *
     * @param protection of the disk, which must be whole
     * @param whenEnded called when it has ended, however
     */
    synchronized RestoreStatus begin(String asked, Protection protection, StoreHistory history, Runnable whenEnded) {
        if (running) {
            throw refused("it is being restored already", "wait for the end of that");
        }
        ProtectionState state = protection.status().state();
        if (state != ProtectionState.PROTECTED) {
            throw refused(
                    "its history is not exact now (" + state + "), so a restore could not be undone",
                    "wait until tidemark status shows it PROTECTED");
        }
        NotePlace beside = place.orElseThrow(() ->
                refused("its image is a snapshot, which stays as it is", "restore it into a new image with --to"));
        StoreName store = history.name();
        Point point;
        State goal;
        try (HistoryReader reader = Store.open(store.place()).read(disk)) {
            point = Point.parse(asked, Clock.systemUTC().instant());
            goal = reader.resolve(point);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
        if (loop.isEmpty()) {
            SideLoop side = new SideLoop(disk + "-side", image);
            loop = Optional.of(side);
            side.filters(filters).join();
        }
        InPlaceRestore restore = new InPlaceRestore(
                new InPlaceRestore.Ground(
                        disk,
                        protection,
                        loop.get(),
                        history.writer().orElseThrow()::awaitDurable,
                        () -> Store.open(store.place()).read(disk),
                        beside),
                asked,
                point,
                goal,
                unfinished);
        last = Optional.of(restore);
        running = true;
        thread =
                Optional.of(Thread.ofPlatform().daemon().name(disk + "-restore").start(() -> run(restore, whenEnded)));
        return restore.status();
    }

    private void run(InPlaceRestore restore, Runnable whenEnded) {
        try {
            Optional<RestoreNote> left = restore.run();
            synchronized (this) {
                unfinished = left;
            }
        } finally {
            place.ifPresent(NotePlace::close);
            synchronized (this) {
                running = false;
            }
            // Only now: a guest that starts at once asks whether it may.
            whenEnded.run();
        }
    }

    private AgentException refused(String why, String remedy) {
        return new AgentException(Code.REFUSED, "disk " + disk, why, remedy);
    }

    /** Ends one that runs, which is unfinished then. Before anything that it uses is closed. */
    void stop() {
        Optional<Thread> ending;
        synchronized (this) {
            last.ifPresent(InPlaceRestore::stop);
            ending = thread;
        }
        boolean interrupted = false;
        while (ending.filter(Thread::isAlive).isPresent()) {
            try {
                ending.get().join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** After the protection, whose filters the loop has in its way. */
    @Override
    public synchronized void close() {
        loop.ifPresent(SideLoop::close);
        loop = Optional.empty();
    }
}
