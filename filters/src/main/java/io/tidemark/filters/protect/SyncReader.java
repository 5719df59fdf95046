// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.disk.Extent;
import io.tidemark.filters.capture.Capture;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads stretches of the disk into the log while the guest runs, without any lock.
 *
 * <p>Before a stretch is read (and before it is asked where its holes are), the log's position <i>p</i> is fetched through
 * the capture ring. A change that the reading doesn't see, or sees half, completes after the reading began, so its
 * number is above <i>p</i>, and it wins over the content that is told as "at <i>p</i>".
 */
final class SyncReader {
    /** What is read under one position; also bounds what waits in the capture ring. In bytes. */
    private static final long STRETCH = 4 << 20;

    private static final Runnable NOTHING = () -> {};

    private final DiskReader disk;
    private final Optional<PriorReads> prior;
    private final Capture capture;
    private final SyncBuffers buffers;
    private final LogWait log;

    SyncReader(DiskReader disk, Optional<PriorReads> prior, Capture capture, SyncBuffers buffers, LogWait log) {
        this.disk = disk;
        this.prior = prior;
        this.capture = capture;
        this.buffers = buffers;
        this.log = log;
    }

    /**
     * Reads the beginning of the plan's next range.
     *
     * @throws InterruptedException when the thread is wanted for something else; the range is then to be read again
     */
    void step(SyncPlan plan) throws InterruptedException {
        long position = log.on(capture.position());
        SyncPlan.Range range = plan.next();
        Optional<PriorReads> known = range.missed() ? Optional.empty() : prior;
        long stretchEnd = Math.min(range.end(), range.offset() + STRETCH);
        long at = range.offset();
        while (at < stretchEnd) {
            Extent extent = disk.extentAt(at);
            long end = Math.min(extent.end(), stretchEnd);
            if (extent.isData()) {
                data(position, at, end, known);
            } else if (known.isPresent()) {
                zeros(position, at, end, known.get());
            } else {
                end = Math.min(extent.end(), range.end()); // a hole costs nothing, however long it is
                post(new SyncPiece(position, at, end - at, null, NOTHING));
            }
            at = end;
        }
        plan.readUpTo(at);
    }

    private void data(long position, long from, long to, Optional<PriorReads> known) throws InterruptedException {
        for (long at = from; at < to; at += SyncBuffers.SIZE) {
            long length = Math.min(to - at, SyncBuffers.SIZE);
            MemorySegment buffer = log.buffer(buffers);
            List<SyncPiece> pieces;
            try {
                disk.read(at, buffer.asSlice(0, length));
                pieces = differences(position, at, buffer, contentBefore(known, at, length), length);
            } catch (RuntimeException | Error | InterruptedException e) {
                buffers.giveBack(buffer);
                throw e;
            }
            // The log may still be reading from a buffer whose last piece was given up.
            hand(pieces, () -> buffers.giveBack(buffer), buffers::replace);
        }
    }

    private void zeros(long position, long from, long to, PriorReads known) throws InterruptedException {
        for (long at = known.zeroUntil(from); at < to; at = known.zeroUntil(at)) {
            long length = Math.min(to - at, SyncBuffers.SIZE);
            MemorySegment old = contentBefore(Optional.of(known), at, length);
            hand(differences(position, at, null, old, length), NOTHING, NOTHING);
            at += length;
        }
    }

    /** Null if it isn't known. */
    private static MemorySegment contentBefore(Optional<PriorReads> known, long offset, long length)
            throws InterruptedException {
        return known.isPresent() ? known.get().read(offset, length).orElse(null) : null;
    }

    private static List<SyncPiece> differences(
            long position, long offset, MemorySegment now, MemorySegment before, long length) {
        List<SyncPiece> pieces = new ArrayList<>();
        Granules.differences(now, before, length, (from, to, zero) -> {
            MemorySegment data = zero ? null : now.asSlice(from, to - from);
            pieces.add(new SyncPiece(position, offset + from, to - from, data, NOTHING));
        });
        return pieces;
    }

    /** Posts the pieces; the ring keeps their order, so what the last one does comes after all. */
    private void hand(List<SyncPiece> pieces, Runnable after, Runnable instead) throws InterruptedException {
        if (pieces.isEmpty()) {
            after.run();
            return;
        }
        SyncPiece last = pieces.removeLast();
        try {
            for (SyncPiece piece : pieces) {
                post(piece);
            }
            post(new SyncPiece(last.position(), last.offset(), last.length(), last.data(), after));
        } catch (InterruptedException e) {
            instead.run();
            throw e;
        }
    }

    /** How long the comparison has waited for the store now. From any thread. */
    Duration waiting() {
        return prior.map(PriorReads::waiting).orElse(Duration.ZERO);
    }

    /** Nothing is compared any more. Waits for nobody; may be called again. */
    void release() {
        prior.ifPresent(PriorReads::release);
    }

    private void post(SyncPiece piece) throws InterruptedException {
        if (!capture.post(piece, log::isWanted)) {
            throw new InterruptedException();
        }
    }
}
