// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.volume.SegmentName;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * The catalogue in its history. There are two copies: the one that counts, and a spare one, because without its catalogue a thinned history
 * can't be read. Each is replaced as a whole; what a new catalogue doesn't name may be deleted when {@link #publish} has returned.
 *
 * <p>{@link #current} may be called by any thread; the rest belongs to the one thread that keeps the history.
 */
public final class CatalogueFile {
    public static final String NAME = "catalogue";
    public static final String SPARE = "catalogue-spare";

    private final History history;
    private volatile Catalogue current;
    private int nextLayer = 1;

    private CatalogueFile(History history, Catalogue current) {
        this.history = history;
        this.current = current;
    }

    /**
     * What was found of a catalogue.
     *
     * @param catalogue empty if there is none that can be believed
     * @param faults what can't be believed, in words
     */
    public record Found(Optional<Catalogue> catalogue, List<String> faults) {}

    /** Reads a history's catalogue; the spare one if the other is damaged, or gone. */
    public static Found read(History history) {
        var faults = new ArrayList<String>();
        var there = read(history, NAME, faults);
        if (there.isPresent()) {
            return new Found(there, faults);
        }
        var spare = read(history, SPARE, faults);
        if (spare.isPresent() && faults.isEmpty()) {
            if (isThere(history)) {
                return read(history); // both were made meanwhile
            }
            faults.add(history.place().name() + "/" + NAME + ": is missing, its spare copy counts");
        }
        return new Found(spare, faults);
    }

    /** @param faults what is told of it, unless it is missing */
    private static Optional<Catalogue> read(History history, String file, List<String> faults) {
        var name = history.place().name() + "/" + file;
        try {
            return Optional.of(CatalogueFormat.read(history.place().read(file), history, name));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw StoreException.of(name, e);
        } catch (StoreException e) {
            if (e.code() != Code.DAMAGED) {
                throw e;
            }
            faults.add(e.getMessage());
            return Optional.empty();
        }
    }

    private static boolean isThere(History history) {
        try {
            return history.place().has(NAME);
        } catch (IOException e) {
            throw StoreException.of(history.place().name() + "/" + NAME, e);
        }
    }

    /**
     * Opens a history's catalogue to go on with it; begins an empty one where nothing was found. Files that a lost one
     * named stay until the first is published. Numbers of layers that are there without being named are never given again: who made them
     * may have lost the lease, and still remove them.
     *
     * @param found of it, or made anew
     */
    public static CatalogueFile open(History history, Optional<Catalogue> found) throws IOException {
        int last = lastLayer(history);
        if (found.isEmpty()) {
            return new CatalogueFile(history, Catalogue.behind(last));
        }
        var file = new CatalogueFile(history, found.get());
        if (last >= file.current.nextLayer()) {
            file.publish(file.current.behindLayer(last));
        } else {
            mend(history, CatalogueFormat.bytes(found.get(), history));
        }
        return file;
    }

    /** Both copies say the same before anything goes that an older one, left by a crash between the two, may name. */
    private static void mend(History history, byte[] bytes) throws IOException {
        for (var file : List.of(NAME, SPARE)) {
            if (!history.place().has(file) || !Arrays.equals(history.place().read(file), bytes)) {
                history.place().replace(file, bytes);
            }
        }
    }

    private static int lastLayer(History history) throws IOException {
        int last = 0;
        for (var name : history.layers().list()) {
            last = Math.max(last, name.indexOf('.') < 0 ? Integer.parseInt(name) : 0);
        }
        return last;
    }

    public Catalogue current() {
        return current;
    }

    /** The number of another layer; each is given once. */
    public int takeNumber() {
        nextLayer = Math.max(nextLayer, current.nextLayer());
        return nextLayer++;
    }

    /** Puts another catalogue in place of the present one; it is on stable storage when this returns. */
    public void publish(Catalogue next) throws IOException {
        var counted = next.replaced();
        byte[] bytes = CatalogueFormat.bytes(counted, history);
        history.place().replace(NAME, bytes);
        current = counted;
        history.place().replace(SPARE, bytes);
    }

    /**
     * Deletes layer files and packed generations that the catalogue doesn't name, which a crash has left, or a reader. Of a data segment the
     * last generation stays even so, for the next one to be behind it.
     *
     * @param spared which layer files somebody still reads
     */
    public void removeUnnamed(IntPredicate spared) throws IOException {
        if (current.version() == 0) {
            return;
        }
        var layers = new HashSet<Integer>();
        for (var layer : current.layers()) {
            layers.add(layer.file());
        }
        for (var name : history.layers().list()) {
            if (name.indexOf('.') < 0
                    && !layers.contains(Integer.parseInt(name))
                    && !spared.test(Integer.parseInt(name))) {
                history.layers().delete(name);
            }
        }
        removeUnnamedGenerations();
    }

    private void removeUnnamedGenerations() throws IOException {
        var data = new HashSet<>(history.data().list());
        var last = new HashMap<Integer, Integer>();
        var generations = history.packed().list();
        for (var name : generations) {
            last.merge(SegmentName.number(name), SegmentName.generation(name), Math::max);
        }
        for (var name : generations) {
            int segment = SegmentName.number(name);
            int generation = SegmentName.generation(name);
            boolean gone = current.of(segment) == 0 && !data.contains(History.segmentName(segment));
            if (generation != current.of(segment) && (gone || generation < last.get(segment))) {
                history.packed().delete(name);
            }
        }
    }
}
