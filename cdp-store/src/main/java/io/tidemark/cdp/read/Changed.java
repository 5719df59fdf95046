// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.cdp.StoreException;
import io.tidemark.disk.Extent;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * The extents in which two states differ. The disk is gone through in windows, so that the set of sectors stays small: 64 MiB for a
 * window in which every other sector was written.
 */
final class Changed {
    private static final long WINDOW = 256L << 30;
    private static final int PIECE = 256 << 10;

    private Changed() {}

    static void run(HistoryReader reader, Between between, State from, State to, boolean exact, Consumer<Extent> each) {
        if (!between.isTold()) {
            withoutRecords(reader, from, to, exact, each);
            return;
        }
        try (var after = reader.view(to);
                var before = exact ? reader.view(from) : null;
                var arena = Arena.ofConfined()) {
            Consumer<Extent> last = exact ? new Comparison(before, after, arena, each) : each;
            for (long at = 0; at < after.capacity(); at += WINDOW) {
                long window = at;
                var sectors = new BlockSet(PastView.SECTOR);
                between.touched(window, Math.min(window + WINDOW, after.capacity()), sectors);
                sectors.forEachRange((offset, length) -> split(after, window + offset, window + offset + length, last));
            }
        }
    }

    private static void withoutRecords(
            HistoryReader reader, State from, State to, boolean exact, Consumer<Extent> each) {
        if (!exact) {
            throw new StoreException(
                    StoreException.Code.NOT_RESTORABLE,
                    "what was written between write:" + from.number() + " and write:" + to.number()
                            + " is not known any more, because of the time before only some states are kept: ask for"
                            + " --exact, which compares their content");
        }
        compareAll(reader, from, to, each);
    }

    /** By content alone. */
    static void compareAll(HistoryReader reader, State from, State to, Consumer<Extent> each) {
        try (var after = reader.view(to);
                var before = reader.view(from);
                var arena = Arena.ofConfined()) {
            split(after, 0, after.capacity(), new Comparison(before, after, arena, each));
        }
    }

    /** By sort; neighbours of one sort are one extent. */
    private static void split(PastView view, long from, long to, Consumer<Extent> each) {
        long begin = from;
        for (long at = from; at < to; ) {
            var extent = view.extentAt(at);
            long end = Math.min(extent.end(), to);
            if (end == to || view.extentAt(end).isData() != extent.isData()) {
                each.accept(new Extent(begin, end - begin, extent.isData() ? Extent.Sort.DATA : Extent.Sort.ZERO));
                begin = end;
            }
            at = end;
        }
    }

    /** Passes on what really differs, sector by sector. */
    private static final class Comparison implements Consumer<Extent> {
        private final PastView before;
        private final PastView after;
        private final MemorySegment then;
        private final MemorySegment now;
        private final Consumer<Extent> each;

        Comparison(PastView before, PastView after, Arena arena, Consumer<Extent> each) {
            this.before = before;
            this.after = after;
            this.then = arena.allocate(PIECE, 64);
            this.now = arena.allocate(PIECE, 64);
            this.each = each;
        }

        @Override
        public void accept(Extent extent) {
            long begin = -1;
            for (long at = extent.offset(); at < extent.end(); ) {
                var old = before.extentAt(at);
                if (!extent.isData() && !old.isData()) {
                    if (begin >= 0) {
                        each.accept(new Extent(begin, at - begin, extent.sort()));
                        begin = -1;
                    }
                    at = Math.min(old.end(), extent.end());
                    continue;
                }
                long length = Math.min(PIECE, extent.end() - at);
                before.read(at, then.asSlice(0, length));
                after.read(at, now.asSlice(0, length));
                for (long in = 0; in < length; ) {
                    boolean differs = differs(in, in + PastView.SECTOR);
                    if (differs && begin < 0) {
                        begin = at + in;
                    } else if (!differs && begin >= 0) {
                        each.accept(new Extent(begin, at + in - begin, extent.sort()));
                        begin = -1;
                    }
                    in += PastView.SECTOR;
                }
                at += length;
            }
            if (begin >= 0) {
                each.accept(new Extent(begin, extent.end() - begin, extent.sort()));
            }
        }

        private boolean differs(long from, long to) {
            return MemorySegment.mismatch(then, from, to, now, from, to) >= 0;
        }
    }
}
