// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.image.Overlay;
import io.tidemark.agent.image.RestoreNotes;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.State;
import io.tidemark.cdp.restore.Missing;
import io.tidemark.cdp.restore.NotePlace;
import io.tidemark.cdp.restore.Restore;
import io.tidemark.cdp.restore.RestoreNote;
import io.tidemark.cdp.restore.RestoreNote.Goal;
import io.tidemark.cdp.restore.RestoreOptions;
import io.tidemark.cdp.restore.RestoreResult;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Restores into an image of its own, or goes on with that: until it is complete, a note beside the image says so. */
final class ImageRestore {
    private static final int NAMED = 10;

    private final HistoryReader reader;
    private final RestoreOrder order;
    private final ImageName name;
    private final NotePlace place;

    ImageRestore(HistoryReader reader, RestoreOrder order) {
        this.reader = reader;
        this.order = order;
        this.name = ImageName.parse(order.image());
        this.place = RestoreNotes.beside(name)
                .orElseThrow(() -> new ImageException(
                        ImageException.Code.BAD_NAME,
                        "image " + name + ": a snapshot stays as it is; name an image, without @"));
    }

    /** @param state what was restored */
    record Done(State state, RestoreResult result) {}

    Done run(Progress progress) {
        try (place) {
            return restore(progress);
        }
    }

    private Done restore(Progress progress) {
        Overlay.refuse(name); // its map would lie beside a whole image
        Optional<RestoreNote> note = order.force() ? Optional.empty() : RestoreNote.find(place);
        if (note.isPresent()) {
            State state = sameState(note.get().goal());
            if (exists()) {
                try (Image image = open(note.get().goal())) {
                    return run(note.get(), image, state, progress);
                }
            }
            return begin(state, progress);
        }
        State state = reader.resolve(order.at());
        if (order.force()) {
            refuseIfInUse();
        } else if (exists()) {
            Images.create(name, capacity(), false).close(); // says why not
        }
        return begin(state, progress);
    }

    private boolean exists() {
        if (name.file().isPresent()) {
            return Files.exists(name.file().get());
        }
        try {
            Images.openUnlocked(RestoreNotes.container(name), true).close();
            return true;
        } catch (ImageException e) {
            return e.code() != ImageException.Code.NOT_FOUND;
        }
    }

    /** Who has the image may be restoring into it, and its note isn't this one's to replace. */
    private void refuseIfInUse() {
        try {
            Images.open(RestoreNotes.container(name), false).close();
        } catch (ImageException e) {
            if (e.code() == ImageException.Code.IN_USE) {
                throw e;
            }
            // It isn't there, or is to be made anew because it can't be opened.
        }
    }

    private Done begin(State state, Progress progress) {
        Optional<byte[]> before = place.read();
        // First, so that no image is ever incomplete without saying so.
        RestoreNote note = RestoreNote.begin(place, goal(state));
        Image image;
        try {
            image = Images.create(name, capacity(), order.force());
        } catch (ImageException e) {
            before.ifPresentOrElse(place::replace, place::remove);
            throw e;
        }
        try (image) {
            return run(ImageTarget.isEmpty(image) ? note.onFreshImage() : note, image, state, progress);
        }
    }

    private long capacity() {
        return reader.history().capacity();
    }

    private Goal goal(State state) {
        return new Goal(reader.history().id(), state.number(), state.time(), capacity(), order.asked(), "");
    }

    /** "5s ago" means another state each time; in the command that goes on with a restore it means the first one. */
    private State sameState(Goal begun) {
        State state;
        if (begun.asked().equals(order.asked())) {
            state = begunWith(begun).orElseGet(() -> reader.resolve(order.at()));
        } else {
            state = reader.resolve(order.at());
        }
        if (!goal(state).isSameAs(begun)) {
            boolean other = !begun.history().equals(reader.history().id());
            throw new AgentException(
                    Code.REFUSED,
                    "image " + name,
                    "a restore to " + (other ? "a state of another history" : "write:" + begun.number()) + " at "
                            + Micros.text(begun.time()) + " (asked for as \"" + begun.asked()
                            + "\") is unfinished there, and this is another state",
                    "ask for that one to go on, or begin anew by --force");
        }
        return state;
    }

    /** By its number, or by its time: of states with one number, gaps between them, the number means the last. */
    private Optional<State> begunWith(Goal begun) {
        for (Point point : List.of(new Point.WriteNumber(begun.number()), new Point.Time(begun.time()))) {
            try {
                State state = reader.resolve(point);
                if (goal(state).isSameAs(begun)) {
                    return Optional.of(state);
                }
            } catch (StoreException _) {
                // Another way may lead to it.
            }
        }
        return Optional.empty();
    }

    private Image open(Goal goal) {
        Image image = Images.open(name, false);
        long has = image.geometry().capacity();
        if (has < goal.capacity()) {
            image.close();
            throw new AgentException(
                    Code.REFUSED,
                    "image " + name,
                    "has only " + has + " bytes now, " + goal.capacity() + " when its restore began",
                    "begin anew by --force");
        }
        return image;
    }

    private Done run(RestoreNote note, Image image, State state, Progress progress) {
        reader.view(state).close();
        reader.narrow(state);
        RestoreResult result;
        try (ImageTarget target = new ImageTarget(image, note.isFresh())) {
            result = Restore.run(() -> reader.viewAsWhole(state), target, note, RestoreOptions.DEFAULT, progress::at);
        } catch (StoreException e) {
            throw new StoreException(e.code(), e.getMessage() + goOn(), e);
        } catch (ImageException e) {
            throw new ImageException(e.code(), e.getMessage() + goOn(), e);
        }
        if (!result.missing().isEmpty()) {
            throw new AgentException(Code.FAILED, damage(result.missing()), null);
        }
        note.remove();
        return new Done(state, result);
    }

    private String goOn() {
        return "; " + name + " is unfinished: give the same command again to go on";
    }

    private String damage(List<Missing> missing) {
        long bytes = missing.stream().mapToLong(Missing::length).sum();
        String places = missing.stream()
                .limit(NAMED)
                .map(part -> part.offset() + "+" + part.length() + " (" + part.reason() + ")")
                .collect(Collectors.joining(", "));
        String more = missing.size() > NAMED ? ", and " + (missing.size() - NAMED) + " more" : "";
        return "image " + name + ": all but " + bytes + " bytes in " + missing.size()
                + " places, whose content is damaged in the store, is restored: " + places + more
                + "; bring the segments back from a copy and give the same command again, or restore another point";
    }
}
