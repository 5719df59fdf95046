// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.catalogue.MarkEntry;
import io.tidemark.cdp.index.LayerMaker;
import io.tidemark.cdp.layer.LayerException;
import io.tidemark.cdp.read.LostCatalogue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * All that keeps one history fast to read and small, by what its file {@code retention} says. For the process that has the lease; belongs
 * to one thread.
 */
public final class HistoryKeeping {
    /** How much is read and written a second: a terabyte of a guest's writes a day, and little beside what a disk can do. */
    public static final long BYTES_PER_SECOND = 16L << 20;

    private final History history;
    private final CatalogueFile file;
    private final LayerMaker layers;
    private final LongSupplier clock;
    private final Keeping keeping;
    private RetentionFile wanted;
    private Optional<StoreException> lost = Optional.empty();

    private HistoryKeeping(
            History history,
            CatalogueFile file,
            LongSupplier clock,
            LongSupplier bytesPerSecond,
            BooleanSupplier stopped,
            Consumer<String> trouble) {
        this.history = history;
        this.file = file;
        this.clock = clock;
        this.layers = new LayerMaker(history, file, stopped);
        this.keeping = new Keeping(history, file, () -> wanted, new Pace(bytesPerSecond, stopped), trouble);
        this.wanted = RetentionFile.read(history.place());
    }

    /**
     * Opens a history to be kept; what a crash has left is removed.
     *
     * @param clock now, in microseconds since 1970
     * @param bytesPerSecond how much may be read and written at the moment; {@link Long#MAX_VALUE} for as much as there is
     * @param stopped asked between small steps, where it may set what is kept, lock marks and preview; once it says so, what goes on ends
     *     with a {@link java.util.concurrent.CancellationException}
     * @param trouble told in a sentence what can't be done
     */
    public static HistoryKeeping open(
            History history,
            LongSupplier clock,
            LongSupplier bytesPerSecond,
            BooleanSupplier stopped,
            Consumer<String> trouble)
            throws IOException {
        return open(history, LostCatalogue.read(history), clock, bytesPerSecond, stopped, trouble);
    }

    /** Likewise. @param found what there is of its catalogue, read while nobody else could write it */
    static HistoryKeeping open(
            History history,
            CatalogueFile.Found found,
            LongSupplier clock,
            LongSupplier bytesPerSecond,
            BooleanSupplier stopped,
            Consumer<String> trouble)
            throws IOException {
        var file = CatalogueFile.open(history, found.catalogue());
        var opened = new HistoryKeeping(history, file, clock, bytesPerSecond, stopped, trouble);
        opened.lost = opened.layers.forgetDamaged();
        opened.keeping.begin();
        return opened;
    }

    /**
     * Makes the layers that are missing.
     *
     * @param complete the last log segment that nothing will be appended to; 0 for none
     */
    public void makeLayers(int complete) throws IOException {
        boolean more = true;
        while (more) {
            more = layers.step(complete);
        }
    }

    /**
     * One round. A layer that turns out to be damaged ends it, and is made anew by {@link #makeLayers} if that can be.
     *
     * @param before nothing before this place of the log, in records, is wanted; 0 if anything may be
     */
    public KeeperReport round(long before) throws IOException {
        return round(before, () -> false);
    }

    /** Likewise. @param enough asked between two segments that are packed: whether what is left is done in a later round */
    public KeeperReport round(long before, BooleanSupplier enough) throws IOException {
        try {
            return keeping.round(before, clock.getAsLong(), enough);
        } catch (LayerException e) {
            layers.forget(e.file()); // else each round that follows would end there
            throw e;
        }
    }

    /** What was wrong at the start with a layer that can't be made anew: states are lost that only it has. */
    public Optional<StoreException> lost() {
        return lost;
    }

    public Retention retention() {
        return wanted.retention();
    }

    /** Sets what is kept from now on, on stable storage. */
    public void retain(Retention retention) {
        if (!retention.equals(wanted.retention())) {
            set(wanted.with(retention));
        }
    }

    private void set(RetentionFile next) {
        next.write(history.place());
        wanted = next;
    }

    /** What would go. @param retention instead of what is set */
    public Preview preview(Retention retention, long before) throws IOException {
        return keeping.preview(wanted.with(retention), before, clock.getAsLong());
    }

    /**
     * Has a mark survive every rule, or takes that back.
     *
     * @throws StoreException BEYOND if the rules took it before it could be locked
     */
    public LockedMark lock(MarkEntry mark, boolean locked) {
        var all = new ArrayList<>(wanted.locked());
        var lock = new LockedMark(mark.name(), mark.number());
        all.remove(lock);
        if (locked && all.size() >= RetentionFile.MOST_LOCKED) {
            throw new StoreException(
                    Code.BAD_NAME,
                    "mark \"" + mark.name() + "\": " + all.size()
                            + " marks are locked already, as many as can be: unlock some");
        }
        if (locked && isGone(mark)) {
            throw new StoreException(
                    Code.BEYOND,
                    "mark \"" + mark.name() + "\": has gone by the rules of retention just now; set another");
        }
        if (locked) {
            all.add(lock);
        }
        set(wanted.withLocked(all));
        return lock;
    }

    private boolean isGone(MarkEntry mark) {
        var now = file.current();
        return mark.records() <= now.singles()
                && now.kept().stream().noneMatch(state -> state.records() == mark.records());
    }
}
