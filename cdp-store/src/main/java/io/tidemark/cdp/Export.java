// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.pin.Pins;
import io.tidemark.cdp.read.Progress;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.volume.Segment;
import io.tidemark.cdp.volume.StoreVolume;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies a whole history into another store, beside a running writer or not: as it was when this began, under the same id. The copy
 * is verified in full, and only then gets its identity: until then it is no history. What an interrupted run has copied is compared and
 * kept.
 */
public final class Export {
    /** How much is in memory at a time, in bytes. */
    private static final int CHUNK = 1 << 20;

    /**
     * What was copied.
     *
     * @param bytes written to the copy
     * @param kept bytes that were there from an earlier run
     * @param records records in the copy
     */
    public record Report(long bytes, long kept, long records) {}

    /** A segment that is to be copied, up to the length that it had. */
    private record Piece(StoreVolume from, StoreVolume to, String name, long length) {}

    private final History from;
    private final Progress progress;
    private final MemorySegment chunk;
    private final MemorySegment other;
    private long total;
    private long bytes;
    private long kept;

    private Export(History from, Progress progress, Arena arena) {
        this.from = from;
        this.progress = progress;
        this.chunk = arena.allocate(CHUNK);
        this.other = arena.allocate(CHUNK);
    }

    /**
     * Copies the history of a disk.
     *
     * @param to has no history of that disk, or an unfinished copy of this one
     * @throws StoreException IN_USE if there is one, DAMAGED if something of the source can't be believed
     */
    public static Report run(Store from, String disk, Store to, Progress progress) {
        var source = from.history(disk);
        try (var arena = Arena.ofConfined()) {
            return new Export(source, progress, arena).run(to);
        } catch (IOException e) {
            throw StoreException.of("export of " + disk + " from " + from.name() + " to " + to.name(), e);
        }
    }

    private Report run(Store to) throws IOException {
        try (var lease = to.takeForCopy(from.disk())) {
            var copy = new History(from.disk(), from.id(), from.capacity(), lease.place());
            try (var pin = Pins.announce(from)) { // until all is copied, nothing goes
                copyAll(copy);
            }
            var report = Verify.run(copy, false, (_, _) -> {});
            if (report.isDamaged()) {
                var first = report.damage().stream()
                        .filter(found -> !found.torn())
                        .findFirst()
                        .orElseThrow();
                throw new StoreException(
                        StoreException.Code.DAMAGED,
                        "export of " + from.disk() + ": the copy is not whole: " + first.segment() + " at "
                                + first.offset() + ": " + first.reason()
                                + "; verify the store that it comes from, and give the command again");
            }
            Store.finishCopy(copy, from);
            return new Report(bytes, kept, report.records());
        }
    }

    private void copyAll(History copy) throws IOException {
        var files = smallFiles();
        for (var piece : pieces(copy)) {
            copy(piece);
        }
        for (var file : files) {
            copy.place().replace(file.name(), file.content());
        }
    }

    private record SmallFile(String name, byte[] content) {}

    /** Read first: they name nothing that isn't there. */
    private List<SmallFile> smallFiles() throws IOException {
        var found = new ArrayList<SmallFile>();
        for (var name : from.place().files()) {
            if (!Store.isOwn(name)) {
                found.add(new SmallFile(name, from.place().read(name)));
            }
        }
        return found;
    }

    /** Records before content, to list them: what they name is there then. Content before records, to copy them. */
    private List<Piece> pieces(History copy) throws IOException {
        var meta = pieces(from.meta(), copy.meta());
        var all = new ArrayList<Piece>();
        all.addAll(pieces(from.data(), copy.data()));
        all.addAll(pieces(from.packed(), copy.packed()));
        all.addAll(pieces(from.layers(), copy.layers()));
        all.addAll(meta);
        total = all.stream().mapToLong(Piece::length).sum();
        return all;
    }

    private static List<Piece> pieces(StoreVolume from, StoreVolume to) throws IOException {
        var found = new ArrayList<Piece>();
        for (var name : from.list()) {
            try (var segment = from.open(name)) {
                found.add(new Piece(from, to, name, segment.size()));
            } catch (NoSuchFileException _) {
                // Gone since; whatever names it is found when the copy is verified.
            }
        }
        return found;
    }

    private void copy(Piece piece) throws IOException {
        try (var source = piece.from().open(piece.name());
                var target = open(piece)) {
            long same = common(source, target, piece.length());
            if (target.size() > same) {
                target.truncate(same);
            }
            advance(same, true);
            for (long at = same; at < piece.length(); ) {
                int length = (int) Math.min(CHUNK, piece.length() - at);
                source.read(at, chunk.asSlice(0, length));
                target.append(chunk.asSlice(0, length));
                at += length;
                advance(length, false);
            }
            target.sync();
        }
    }

    private static Segment open(Piece piece) throws IOException {
        try {
            return piece.to().reopen(piece.name());
        } catch (NoSuchFileException _) {
            return piece.to().create(piece.name());
        }
    }

    /** How many bytes the copy has already, up to the first that differs. */
    private long common(Segment source, Segment target, long length) throws IOException {
        long most = Math.min(length, target.size());
        for (long at = 0; at < most; ) {
            int part = (int) Math.min(CHUNK, most - at);
            source.read(at, chunk.asSlice(0, part));
            target.read(at, other.asSlice(0, part));
            long differs = chunk.asSlice(0, part).mismatch(other.asSlice(0, part));
            if (differs >= 0) {
                return at + differs;
            }
            at += part;
        }
        return most;
    }

    private void advance(long done, boolean wasThere) {
        bytes += wasThere ? 0 : done;
        kept += wasThere ? done : 0;
        progress.at(bytes + kept, total);
    }
}
