// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.verify;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.read.Damage;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.HistorySummary.Interval;
import io.tidemark.cdp.read.PastView;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.Progress;
import io.tidemark.cdp.read.State;
import io.tidemark.disk.Extent;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds what of a damaged history can still be believed: which points, and at a point, which parts of the disk. Reads only. What is not
 * named here is read back byte for byte; a restore of such a point writes all of it but these parts.
 */
public final class Salvage implements AutoCloseable {
    /** The most that is read at once, in bytes; what can't be read is told in such parts. */
    private static final int PIECE = 256 << 10;

    /**
     * The disk at a point.
     *
     * @param bytes of content that can be read
     * @param lost what can't; ascending, and those that touch are one
     */
    public record AtPoint(State state, long bytes, List<Extent> lost) {}

    private final HistoryReader reader;

    private Salvage(HistoryReader reader) {
        this.reader = reader;
    }

    /** Opens a history, however damaged; IO and UNSUPPORTED are thrown all the same. */
    public static Salvage open(History history, boolean running) {
        return new Salvage(HistoryReader.open(history, running));
    }

    /** What can't be believed of all that the store holds of the history. */
    public List<Damage> damage(Progress progress) {
        var found = new ArrayList<>(reader.damage());
        found.addAll(reader.checkData(progress));
        found.removeIf(Damage::torn);
        return found;
    }

    /** Which points there are; those between them are lost. Reads all of the log. */
    public List<Interval> points() {
        return reader.tellable();
    }

    /** Which stretches are no points, and why. */
    public List<Gap> gaps() {
        return reader.gaps();
    }

    /**
     * Reads all of the disk at a point.
     *
     * @throws StoreException NOT_RESTORABLE, BEYOND, NOT_FOUND or DAMAGED if there is no such point
     */
    public AtPoint at(Point point) {
        var state = reader.resolve(point);
        var lost = new ArrayList<Extent>();
        long[] bytes = {0};
        try (var arena = Arena.ofConfined();
                var pieces = reader.view(state);
                var view = reader.view(state)) {
            var buffer = arena.allocate(PIECE);
            // A view goes through its pieces, or reads: not both at once.
            pieces.forEachData(0, pieces.capacity(), (offset, length, _) -> {
                for (long at = offset; at < offset + length; ) {
                    int part = (int) Math.min(PIECE, offset + length - at);
                    if (isReadable(view, at, buffer.asSlice(0, part))) {
                        bytes[0] += part;
                    } else {
                        add(lost, at, part);
                    }
                    at += part;
                }
                return true;
            });
        }
        return new AtPoint(state, bytes[0], lost);
    }

    /** Reads the whole disk as it was found there; what is lost reads as zeros. For disks that fit into memory. */
    public void read(AtPoint found, MemorySegment into) {
        into.fill((byte) 0);
        long at = 0;
        try (var view = reader.view(found.state())) {
            for (var extent : found.lost()) {
                view.read(at, into.asSlice(at, extent.offset() - at));
                at = extent.end();
            }
            view.read(at, into.asSlice(at, view.capacity() - at));
        }
    }

    private static boolean isReadable(PastView view, long at, MemorySegment into) {
        try {
            view.read(at, into);
            return true;
        } catch (StoreException e) {
            if (e.code() != Code.DAMAGED) {
                throw e;
            }
            return false;
        }
    }

    private static void add(List<Extent> lost, long offset, long length) {
        if (!lost.isEmpty()) {
            var last = lost.getLast();
            if (last.offset() + last.length() == offset) {
                lost.set(lost.size() - 1, new Extent(last.offset(), last.length() + length, last.sort()));
                return;
            }
        }
        lost.add(new Extent(offset, length, Extent.Sort.DATA));
    }

    @Override
    public void close() {
        reader.close();
    }
}
