// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.LogAccount;
import io.tidemark.cdp.catalogue.LogSegment;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * The record log as one. In memory are the segments that have no layer, and of the others the one that was used last; the catalogue says
 * which one that must be. Records are counted from the history's first.
 *
 * <p>Whoever uses what it gives holds its monitor meanwhile.
 */
final class Log implements AutoCloseable {
    private final History history;
    private final List<LogSegment> parts = new ArrayList<>();
    private final List<LoadedSegment> tail = new ArrayList<>();
    /** How many of the parts the catalogue knows. */
    private final int catalogued;

    private final LogAccount account;
    private final List<Damage> damage;
    private LoadedSegment used;
    private int usedPart = -1;

    private Log(History history, Catalogue catalogue, Tail tail) {
        this.history = history;
        this.parts.addAll(catalogue.log());
        this.catalogued = parts.size();
        this.tail.addAll(tail.segments);
        tail.segments.forEach(segment -> parts.add(segment.entry()));
        this.account = tail.account;
        this.damage = tail.damage;
    }

    /** The segments that the catalogue doesn't know. */
    private record Tail(List<LoadedSegment> segments, LogAccount account, List<Damage> damage) {}

    static Log open(History history, Catalogue catalogue) throws IOException {
        return new Log(history, catalogue, tail(history, catalogue));
    }

    private static Tail tail(History history, Catalogue catalogue) throws IOException {
        var numbers = history.meta().list().stream()
                .map(Integer::valueOf)
                .filter(number -> number > catalogue.lastSegment())
                .toList();
        var loader = new LogLoader(history, catalogue.account());
        var timeline = new Timeline(catalogue.account());
        var segments = new ArrayList<LoadedSegment>();
        boolean loaded = false;
        try {
            long records = catalogue.account().records();
            for (int number : numbers) {
                var segment = loader.load(number, records, number == numbers.getLast());
                segments.add(segment);
                timeline.add(segment);
                records = segment.entry().last();
            }
            loaded = true;
            return new Tail(segments, timeline.account(), loader.damage);
        } finally {
            if (!loaded) {
                segments.forEach(LoadedSegment::close);
            }
        }
    }

    /** What all of it amounts to. */
    LogAccount account() {
        return account;
    }

    /** What of the tail can't be believed. */
    List<Damage> damage() {
        return damage;
    }

    /** How many records there are, from the history's first. */
    long size() {
        return account.records();
    }

    /** How many records lie before the first that is still there. */
    long first() {
        return parts.isEmpty() ? account.records() : parts.getFirst().first();
    }

    int parts() {
        return parts.size();
    }

    LogSegment part(int index) {
        return parts.get(index);
    }

    boolean isCatalogued(int part) {
        return part < catalogued;
    }

    /** The part that holds a record; the number of parts behind the last. */
    int partOf(long record) {
        return firstAbove(record, LogSegment::last);
    }

    private int firstAbove(long value, ToLongFunction<LogSegment> field) {
        int low = 0;
        int high = parts.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (field.applyAsLong(parts.get(middle)) > value) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** Reads a part, if need be; valid until another is. @throws StoreException DAMAGED if it is missing */
    LoadedSegment load(int part) {
        if (part >= catalogued) {
            return tail.get(part - catalogued);
        }
        if (usedPart != part) {
            forget();
            try {
                used = LoadedSegment.load(history, parts.get(part));
            } catch (NoSuchFileException e) {
                throw damaged(part, e);
            } catch (IOException e) {
                throw StoreException.of("history of " + history.disk(), e);
            }
            usedPart = part;
        }
        return used;
    }

    /** Likewise if all of it is as it was when it got its layer. */
    RecordLog records(int part) {
        return records(part, parts.get(part).records());
    }

    /** Likewise if so many of its records are. */
    RecordLog records(int part, long needed) {
        var loaded = load(part);
        if (reliable(part, loaded) < needed) {
            throw damaged(part, null);
        }
        return loaded.log();
    }

    /** Up to which write, and when, the states in a part can be told. */
    record Told(long number, long time) {}

    /** Empty for a part that is as it was: all of its states can be told. Of another, those behind this up to the part's last can't. */
    Optional<Told> toldOf(int part) {
        var known = parts.get(part);
        try {
            var loaded = load(part);
            int reliable = reliable(part, loaded);
            if (reliable == known.records()) {
                return Optional.empty();
            }
            if (reliable > 0) {
                return Optional.of(
                        new Told(loaded.log().positionAt(reliable), loaded.log().time(reliable - 1)));
            }
        } catch (StoreException e) {
            if (e.code() != Code.DAMAGED) {
                throw e;
            }
        }
        // What belongs to the write before it without a number of its own would be in the part, too.
        return Optional.of(new Told(known.before() - 1, known.begin()));
    }

    private int reliable(int part, LoadedSegment loaded) {
        return part < catalogued
                ? loaded.reliable(parts.get(part))
                : loaded.log().size();
    }

    private StoreException damaged(int part, Exception cause) {
        var known = parts.get(part);
        return new StoreException(
                Code.DAMAGED,
                history.meta().name() + "/" + History.segmentName(known.segment())
                        + ": has been damaged, so the states in it can't be told: take write:" + known.before()
                        + " or write:" + known.after() + ", or bring it back from a copy of the store",
                cause);
    }

    long time(long record) {
        int part = partOf(record);
        var known = parts.get(part);
        if (record == known.first()) {
            return known.begin();
        }
        if (record == known.last() - 1) {
            return known.end();
        }
        int in = (int) (record - known.first());
        return records(part, in + 1).time(in);
    }

    /** The write number reached by the first {@code records} records, none of them before {@link #first}. */
    long positionAt(long records) {
        int part = partOf(records);
        if (part == parts.size()) {
            return account.position();
        }
        var known = parts.get(part);
        if (records == known.first()) {
            return part == 0 ? known.before() : parts.get(part - 1).after();
        }
        int in = (int) (records - known.first());
        return records(part, in).positionAt(in);
    }

    /** How many records there are before the first of a write after {@code number}. */
    long recordsUpToNumber(long number) {
        int part = firstAbove(number, LogSegment::after);
        if (part == parts.size()) {
            return size();
        }
        var loaded = load(part);
        int found = loaded.log().recordsUpToNumber(number);
        return place(part, loaded, found, found > 0 && loaded.log().positionAt(found) == number);
    }

    /** How many records there are up to a time. */
    long recordsUpToTime(long time) {
        int part = firstAbove(time, LogSegment::end);
        if (part == parts.size()) {
            return size();
        }
        var loaded = load(part);
        return place(part, loaded, loaded.log().recordsUpToTime(time), false);
    }

    private long place(int part, LoadedSegment loaded, int in, boolean exact) {
        int reliable = reliable(part, loaded);
        boolean whole = reliable == parts.get(part).records();
        if (!whole && (in > reliable || in == reliable && !exact)) {
            throw damaged(part, null);
        }
        return parts.get(part).first() + in;
    }

    private void forget() {
        if (used != null) {
            used.close();
        }
        used = null;
        usedPart = -1;
    }

    @Override
    public synchronized void close() {
        forget();
        tail.forEach(LoadedSegment::close);
    }
}
