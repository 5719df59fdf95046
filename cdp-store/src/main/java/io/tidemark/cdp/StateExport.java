// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.read.PastView;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.Progress;
import io.tidemark.cdp.read.State;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.cdp.write.WriterOptions;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.lang.foreign.Arena;
import java.time.Duration;

/**
 * Copies one state of a history into another store, where it begins a history of its own: with another id, no writes, and a mark that
 * says what it was. While it reads, only that state is held in the store that it comes from. The copy is verified.
 */
public final class StateExport {
    /** How long the other store may take for a portion of the copy, in bytes of content. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final long PORTION = 8 << 20;

    private StateExport() {}

    /**
     * What was copied.
     *
     * @param state which one
     * @param bytes of content
     * @param records in the new history
     */
    public record Report(State state, long bytes, long records) {}

    /**
     * Copies the state that a point names.
     *
     * @param to has no history of that disk, or one without a write and without a state: what an interrupted run has left, which is done
     *     again
     * @throws StoreException IN_USE if there is another, DAMAGED if the state or the copy can't be believed
     */
    public static Report run(Store from, String disk, Point point, Store to, Progress progress) {
        refuseHistory(disk, to);
        State state;
        long bytes;
        try (var reader = from.read(disk)) {
            state = reader.resolve(point);
            try (var view = reader.viewAsWhole(state)) {
                reader.narrow(state);
                bytes = record(disk, view, to, progress);
            }
        }
        var report = Verify.run(to.history(disk), false, (_, _) -> {});
        report.damage().stream().filter(found -> !found.torn()).findFirst().ifPresent(first -> {
            throw new StoreException(
                    Code.DAMAGED,
                    "export of " + disk + ": the copy is not whole: " + first.segment() + " at " + first.offset() + ": "
                            + first.reason() + "; delete it, and give the command again");
        });
        return new Report(state, bytes, report.records());
    }

    private static void refuseHistory(String disk, Store to) {
        if (to.disks().contains(disk) && !isUnfinished(disk, to)) {
            throw new StoreException(
                    Code.IN_USE,
                    "store " + to.name() + ": has a history of disk " + disk
                            + " already: name another store (if it was an export that was interrupted at its end,"
                            + " tidemark verify tells whether all of it is there)");
        }
    }

    /** One with writes is never what an export has left, whatever is wrong with it. */
    private static boolean isUnfinished(String disk, Store to) {
        try (var reader = to.read(disk)) {
            if (reader.position() > 0) {
                return false;
            }
            reader.resolve(new Point.Latest());
            return false;
        } catch (StoreException e) {
            if (e.code() == Code.NOT_RESTORABLE || e.code() == Code.BEYOND) {
                return true;
            }
            throw e;
        }
    }

    private static long record(String disk, PastView view, Store to, Progress progress) {
        var state = view.state();
        try (var writer = to.write(disk, view.capacity(), WriterOptions.DEFAULT)) {
            writer.gapBegin(state.time(), GapReason.START);
            long bytes = copy(disk, view, writer, progress);
            writer.gapEnd(state.time());
            writer.mark(state.time(), "export of write:" + state.number());
            settle(disk, writer);
            return bytes;
        }
    }

    private static long copy(String disk, PastView view, HistoryWriter writer, Progress progress) {
        long bytes = 0;
        long settled = 0;
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(BlockHeader.MAX_RAW);
            for (long at = 0; at < view.capacity(); ) {
                var extent = view.extentAt(at);
                long length = extent.isData() ? Math.min(extent.end() - at, buffer.byteSize()) : extent.end() - at;
                if (extent.isData()) {
                    view.read(at, buffer.asSlice(0, length));
                    writer.syncData(0, at, buffer.asSlice(0, length));
                    bytes += length;
                } else {
                    writer.syncZero(0, at, length);
                }
                at += length;
                progress.at(at, view.capacity());
                if (bytes - settled >= PORTION) {
                    settled = bytes;
                    settle(disk, writer);
                }
            }
        }
        return bytes;
    }

    /** A writer waits for its store for as long as that takes; a copy that can't be made is an error. */
    private static void settle(String disk, HistoryWriter writer) {
        writer.commit();
        try {
            if (writer.awaitTold(writer.told(), PATIENCE)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        writer.giveUp();
        throw new StoreException(
                Code.IO,
                "export of " + disk + ": the other store does not take it: "
                        + writer.outbox().reason().orElse("it does not answer in time")
                        + "; look after it, and give the command again");
    }
}
