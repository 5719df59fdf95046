// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.State;
import io.tidemark.cdp.restore.Missing;
import io.tidemark.cdp.restore.Restore;
import io.tidemark.cdp.restore.RestoreFile;
import io.tidemark.cdp.restore.RestoreFile.Goal;
import io.tidemark.cdp.restore.RestoreOptions;
import io.tidemark.cdp.restore.RestoreResult;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Restores into an image of its own, or goes on with that: until it is complete, a file beside the image says so. */
final class ImageRestore {
    private static final int NAMED = 10;

    private final HistoryReader reader;
    private final RestoreOrder order;
    private final ImageName name;
    private final Path path;
    private final Path beside;

    ImageRestore(HistoryReader reader, RestoreOrder order) {
        this.reader = reader;
        this.order = order;
        this.name = ImageName.parse(order.image());
        this.path = name.file()
                .orElseThrow(() -> new ImageException(
                        ImageException.Code.UNSUPPORTED,
                        "image " + name + ": is no file, beside which a restore could note how far it has come; restore"
                                + " to a raw:PATH, and copy that with tidemark image convert"));
        this.beside = RestoreFile.of(path);
    }

    /** @param state what was restored */
    record Done(State state, RestoreResult result) {}

    Done run(Progress progress) {
        if (!order.force() && Files.exists(beside)) {
            RestoreFile file = RestoreFile.read(beside);
            State state = sameState(file.goal());
            if (Files.exists(path)) {
                try (Image image = open(file.goal())) {
                    return run(file, image, state, progress);
                }
            }
            return begin(state, progress);
        }
        State state = reader.resolve(order.at());
        if (!order.force() && Files.exists(path)) {
            Images.create(name, capacity(), false).close(); // says why not
        }
        return begin(state, progress);
    }

    private Done begin(State state, Progress progress) {
        // First, so that no image is ever incomplete without saying so.
        RestoreFile file = RestoreFile.begin(beside, goal(state));
        Image image;
        try {
            image = Images.create(name, capacity(), order.force());
        } catch (ImageException e) {
            file.remove();
            throw e;
        }
        try (image) {
            return run(ImageTarget.isEmpty(image) ? file.onFreshImage() : file, image, state, progress);
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
            state = reader.resolve(new Point.WriteNumber(begun.number()));
            state = goal(state).isSameAs(begun) ? state : reader.resolve(order.at());
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

    private Done run(RestoreFile file, Image image, State state, Progress progress) {
        reader.view(state).close();
        reader.narrow(state);
        RestoreResult result;
        try (ImageTarget target = new ImageTarget(image, file.isFresh())) {
            result = Restore.run(() -> reader.viewAsWhole(state), target, file, RestoreOptions.DEFAULT, progress::at);
        } catch (StoreException e) {
            throw new StoreException(e.code(), e.getMessage() + goOn(), e);
        } catch (ImageException e) {
            throw new ImageException(e.code(), e.getMessage() + goOn(), e);
        }
        if (!result.missing().isEmpty()) {
            throw new AgentException(Code.FAILED, damage(result.missing()), null);
        }
        file.remove();
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
