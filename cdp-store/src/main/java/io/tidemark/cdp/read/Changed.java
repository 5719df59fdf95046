// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.format.Kind;
import io.tidemark.disk.Extent;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * What lies between two states. The disk is gone through in windows, each with one pass over the records, so that the set of
 * sectors stays small: 64 MiB for a window in which every other sector was written.
 */
final class Changed {
    private static final long WINDOW = 256L << 30;
    private static final int PIECE = 256 << 10;

    private final long window;

    private Changed(long window) {
        this.window = window;
    }

    static void run(HistoryReader reader, Log log, State from, State to, boolean exact, Consumer<Extent> each) {
        try (var after = reader.view(to);
                var before = exact ? reader.view(from) : null;
                var arena = Arena.ofConfined()) {
            Consumer<Extent> last = exact ? new Comparison(before, after, arena, each) : each;
            long first = Math.min(from.records(), to.records());
            long end = Math.max(from.records(), to.records());
            for (long at = 0; at < after.capacity(); at += WINDOW) {
                new Changed(at).run(log, first, end, after, last);
            }
        }
    }

    private void run(Log log, long first, long end, PastView after, Consumer<Extent> each) {
        var sectors = new BlockSet(PastView.SECTOR);
        synchronized (log) {
            if (first < log.first() && first < end) {
                throw new StoreException(
                        StoreException.Code.NOT_RESTORABLE,
                        "what changed before write:" + log.positionAt(log.first())
                                + " can't be told, because of the time before only some states are kept: name"
                                + " points behind it");
            }
            for (int part = log.partOf(first);
                    part < log.parts() && log.part(part).first() < end;
                    part++) {
                long before = log.part(part).first();
                var records = log.records(part);
                touched(
                        records,
                        (int) Math.max(0, first - before),
                        (int) Math.min(records.size(), end - before),
                        sectors);
            }
        }
        sectors.forEachRange((offset, length) -> split(after, window + offset, window + offset + length, each));
    }

    private void touched(RecordLog log, int first, int end, BlockSet sectors) {
        for (int i = first; i < end; i++) {
            byte kind = log.kind(i);
            if (Kind.isChange(kind) || Kind.isSync(kind)) {
                long from = Math.max(log.offset(i), window);
                long to = Math.min(log.offset(i) + log.length(i), window + WINDOW);
                if (from < to) {
                    sectors.add(from - window, to - from);
                }
            }
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
        private final MemorySegment old;
        private final MemorySegment now;
        private final Consumer<Extent> each;

        Comparison(PastView before, PastView after, Arena arena, Consumer<Extent> each) {
            this.before = before;
            this.after = after;
            this.old = arena.allocate(PIECE, 64);
            this.now = arena.allocate(PIECE, 64);
            this.each = each;
        }

        @Override
        public void accept(Extent extent) {
            long begin = -1;
            for (long at = extent.offset(); at < extent.end(); at += PIECE) {
                long length = Math.min(PIECE, extent.end() - at);
                before.read(at, old.asSlice(0, length));
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
            }
            if (begin >= 0) {
                each.accept(new Extent(begin, extent.end() - begin, extent.sort()));
            }
        }

        private boolean differs(long from, long to) {
            return MemorySegment.mismatch(old, from, to, now, from, to) >= 0;
        }
    }
}
