// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import com.lmax.disruptor.ExceptionHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.ProducerType;
import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.format.BlockHeader;
import io.tidemark.cdp.format.GapCode;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Slot;
import io.tidemark.cdp.keep.Keeper;
import io.tidemark.disk.change.ChangeLog;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes the history of a disk. The one caller of the log fills raw blocks; compressors and the outbox's filler take them from
 * there (threads {@code DISK-lz4-N}, {@code DISK-outbox}), and the store thread ({@code DISK-append}) brings them to the store.
 *
 * <p><b>Passing on.</b> A block leaves when it is full, or at a {@link #pause} that comes {@link WriterOptions#linger} or
 * later after its first record; so small content waits for more, but not for long. A caller that has nothing more to tell
 * calls {@link #pause} once more after that time (5 ms); then nothing is left behind and it may sleep as long as it
 * likes. A pause with nothing to do costs some nanoseconds.
 *
 * <p><b>Back pressure.</b> When all blocks are on their way, and outbox and spool are full, a call waits until there is room, or until
 * somebody {@linkplain #giveUp gives up}.
 *
 * <p><b>Errors.</b> A store that fails or hangs is no error: what it doesn't take stays in the outbox, and it is tried again. When
 * nothing can come of that (the store has gone another way, the spool is damaged), every method of the log throws a
 * {@link StoreException}; {@link #close} works as ever, without a clean end.
 *
 * <p>The methods of {@link ChangeLog}, {@link #commit} and {@link #close} belong to one thread at a time; the others may
 * be called by any. A write of any length takes one number; more than 256 KiB are recorded in parts.
 */
public final class HistoryWriter implements ChangeLog, AutoCloseable {
    /** Offsets and lengths are multiples of this. */
    private static final int SECTOR = 512;

    private static final int LONGEST_NAME = 255;

    private static final long FULL_PARK = 100_000;

    /** What is left of a thread that has nothing more to do. */
    private static final long GRACE = TimeUnit.MILLISECONDS.toNanos(500);

    private final long capacity;
    private final WriterOptions options;
    private final long linger;
    private final Arena arena = Arena.ofShared();
    private final Disruptor<RawBlock> disruptor;
    private final RingBuffer<RawBlock> ring;
    private final Optional<Spool> spool;
    private final Outbox outbox;
    private final OutboxFiller filler;
    private final StoreThread store;
    private final CountDownLatch threads;
    private final boolean clean;
    private final long awaited;
    private final int formerSession;
    /** What the outbox calls the first entry of this writer. */
    private final long firstEntry;

    private RawBlock block;
    private long claimed;
    private long time;
    private boolean gapOpen;
    private int session;
    private boolean sessionToTell;
    private boolean closed;
    private volatile boolean givenUp;
    private volatile long position;

    // In this order by the caller of the log, in the other by who asks: so nothing that was told is left out.
    private volatile long passedOn;
    private volatile boolean filling;

    /**
     * Opens a history to go on with it; what was never committed is cut off.
     *
     * @param source opens it now, and again whenever its store has failed
     * @param room for a spool; what that holds of this history is brought to the store first
     */
    public static HistoryWriter open(HistorySource source, WriterOptions options, Optional<SpoolRoom> room) {
        HistorySource.Opened opened;
        try {
            opened = source.open();
        } catch (IOException e) {
            throw StoreException.of("store", e);
        }
        StoreEnds ends = null;
        try {
            ends = StoreEnds.open(opened, options);
            return new HistoryWriter(opened.history(), source, ends, options, room);
        } catch (IOException e) {
            close(ends);
            throw StoreException.of("store of " + opened.history().disk(), e);
        } catch (RuntimeException | Error e) {
            close(ends); // else the lease stays taken, and no later attempt could open the history
            throw e;
        }
    }

    private static void close(StoreEnds ends) {
        if (ends != null) {
            ends.close();
        }
    }

    private HistoryWriter(
            History history, HistorySource source, StoreEnds ends, WriterOptions options, Optional<SpoolRoom> room)
            throws IOException {
        this.capacity = history.capacity();
        this.options = options;
        this.linger = options.linger().toNanos();
        var tail = ends.tail();
        this.spool = room.isEmpty() ? Optional.empty() : Optional.of(Spool.open(room.get(), history, tail));
        var found = spool.flatMap(Spool::found);
        this.position = found.map(SpoolEnd::position).orElse(tail.position());
        this.time = found.map(SpoolEnd::time).orElse(tail.time());
        this.gapOpen = found.map(SpoolEnd::gapOpen).orElse(tail.gapOpen());
        this.clean = found.map(SpoolEnd::clean).orElse(tail.clean());
        this.formerSession = found.map(SpoolEnd::session).orElse(tail.session());
        this.firstEntry = found.map(end -> end.sequence() + 1).orElse(0L);
        this.awaited = found.map(SpoolEnd::batch).orElse(tail.batches() - 1);
        this.outbox = new Outbox(history, options.outbox(), arena, spool, tail);
        this.store = new StoreThread(
                history.disk(),
                history.id(),
                source,
                ends,
                options,
                outbox,
                spool.map(Spool::first).orElse(0L));
        var wait = new ParkingWait();
        this.filler = new OutboxFiller(
                history.disk() + "-outbox", outbox, wait, options.patience().toNanos());
        this.threads = new CountDownLatch(options.compressors() + 1);
        this.disruptor = new Disruptor<>(
                () -> new RawBlock(arena),
                options.blocks(),
                task -> {
                    var thread = new Thread(() -> {
                        try {
                            task.run();
                        } finally {
                            threads.countDown();
                        }
                    });
                    thread.setDaemon(true);
                    return thread;
                },
                // One at a time, though not one thread for good: the owner closes what the capture thread filled.
                // With MULTI those who wait for a block that is being filled would spin.
                ProducerType.SINGLE,
                wait);
        this.ring = disruptor.getRingBuffer();
        var compressors = new Compressor[options.compressors()];
        for (int i = 0; i < compressors.length; i++) {
            compressors[i] = new Compressor(
                    history.disk() + "-lz4-" + i, i, compressors.length, ring::getCursor, options.blocks() / 8);
        }
        disruptor.setDefaultExceptionHandler(new FailOnException(outbox, history.disk()));
        disruptor.handleEventsWith(compressors).then(filler);
        Thread.ofPlatform().daemon().name(history.disk() + "-append").start(store);
        disruptor.start();
    }

    @Override
    public long write(long at, long offset, MemorySegment content) {
        checkRange(offset, content.byteSize());
        if (Zeros.isAllZero(content)) {
            return change(Kind.ZERO, at, offset, content.byteSize());
        }
        open(1);
        long number = position + 1;
        content(Kind.WRITE, tick(at), number, offset, content);
        return position;
    }

    @Override
    public long zero(long at, long offset, long length) {
        checkRange(offset, length);
        return change(Kind.ZERO, at, offset, length);
    }

    @Override
    public long discard(long at, long offset, long length) {
        checkRange(offset, length);
        return change(Kind.DISCARD, at, offset, length);
    }

    private long change(byte kind, long at, long offset, long length) {
        var to = open(1);
        long number = position + 1;
        to.slot(kind, (byte) 0, tick(at), number, offset, length);
        position = number;
        return number;
    }

    @Override
    public void flush(long at, long covered) {
        open(1).slot(Kind.FLUSH, (byte) 0, tick(at), position, covered, 0);
    }

    @Override
    public long mark(long at, String name) {
        var bytes = RawBlock.nameBytes(name);
        if (bytes.length == 0 || bytes.length > LONGEST_NAME) {
            throw new IllegalArgumentException("mark name \"" + name + "\" is not 1 to 255 bytes long");
        }
        open(RawBlock.slotsOf(bytes)).mark(tick(at), position, bytes);
        return position;
    }

    @Override
    public void gapBegin(long at, GapReason reason) {
        gapBegin(at, reason, true);
    }

    @Override
    public void gapBegin(long at, GapReason reason, boolean whole) {
        if (!gapOpen || sessionToTell) {
            // Who lost a change knows that there was no room; why there was none is known here.
            boolean starved = outbox.wasStarved();
            var why = reason == GapReason.OVERLOAD && starved ? GapReason.STORE_ERROR : reason;
            open(1).slot(
                            Kind.GAP_BEGIN,
                            GapCode.of(why),
                            tick(at),
                            position,
                            Integer.toUnsignedLong(session),
                            whole ? 0 : Slot.PART);
            gapOpen = true;
            sessionToTell = false;
        }
    }

    @Override
    public void syncData(long read, long offset, MemorySegment content) {
        checkRange(offset, content.byteSize());
        checkPosition(read);
        if (Zeros.isAllZero(content)) {
            open(1).slot(Kind.SYNC_ZERO, (byte) 0, time, read, offset, content.byteSize());
        } else {
            content(Kind.SYNC_DATA, time, read, offset, content);
        }
    }

    @Override
    public void syncZero(long read, long offset, long length) {
        checkRange(offset, length);
        checkPosition(read);
        open(1).slot(Kind.SYNC_ZERO, (byte) 0, time, read, offset, length);
    }

    @Override
    public void gapEnd(long at) {
        if (gapOpen) {
            open(1).slot(Kind.GAP_END, (byte) 0, tick(at), position, 0, 0);
            gapOpen = false;
        }
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public void pause() {
        if (block != null && !block.isEmpty() && System.nanoTime() - block.since >= linger) {
            passOn();
        }
    }

    /** Passes on everything and has it committed without delay; returns at once. */
    @Override
    public void commit() {
        open(0).commit = true;
        passOn();
    }

    /** The last write number on stable storage: after a crash at least the states up to it are there. */
    @Override
    public long durable() {
        return store.durable();
    }

    @Override
    public long told() {
        boolean more = filling;
        return passedOn + (more ? 1 : 0);
    }

    /** Also if no more than that was told until now: a block that nothing was put into never comes to the store. */
    @Override
    public boolean isDurable(long told) {
        boolean more = filling;
        long passed = passedOn;
        long there = store.firstMissing() - firstEntry;
        return there >= told || !more && there >= passed;
    }

    /**
     * Waits until a write number is on stable storage. Something must make the caller of the log pass it on: more changes,
     * a {@link #pause}, or {@link #commit}.
     *
     * @return whether it came to that in time
     * @throws StoreException if the history has failed, or has ended before its store had that
     */
    public boolean awaitDurable(long number, Duration limit) throws InterruptedException {
        return outbox.await(() -> store.durable() >= number, limit.toNanos());
    }

    /** As {@link #awaitDurable}, for what has no number, such as marks. */
    @Override
    public boolean awaitTold(long told, Duration limit) throws InterruptedException {
        return outbox.await(() -> isDurable(told), limit.toNanos());
    }

    public WriterStatistics statistics() {
        int behind = (int) (options.blocks() - ring.remainingCapacity());
        return store.statistics(behind, position);
    }

    /** A gap is open: the history was left in one, or one was begun. */
    public boolean gapOpen() {
        return gapOpen;
    }

    /**
     * Gives this writer's stretch of the history a number, which the next {@link #gapBegin} records, whether a gap is open or
     * not. Before anything else is recorded.
     *
     * @param number not 0, and no other stretch's
     */
    public void session(int number) {
        session = number;
        sessionToTell = true;
    }

    /** The number of the stretch before, 0 if it had none. */
    public int formerSession() {
        return formerSession;
    }

    /** Whether the writer before this one ended cleanly (or there was none). */
    public boolean followsCleanEnd() {
        return clean;
    }

    /** Whether the store has all that the spool held when the history was opened: what is read of it then is not older. */
    public boolean isCaughtUp() {
        return outbox.isDelivered(awaited);
    }

    /** What is on its way to the store, and why it still is. */
    public OutboxStatus outbox() {
        return outbox.status();
    }

    /**
     * Whoever waits for room, now or later, gets a {@link StoreException} instead, and nothing more is taken: for a history that must
     * end though its store doesn't answer. What was taken before is delivered or spooled as ever.
     */
    public void giveUp() {
        givenUp = true;
    }

    /** Who keeps the history small; empty while the store is not to be had. By any thread. */
    public Optional<Keeper> keeper() {
        return store.keeper();
    }

    /**
     * Ends the history with a clean end, ends the threads, gives the lease back. Waits for the store only as long as
     * {@link WriterOptions#patience} says; the rest stays in the spool, for the next opening. A store that hangs keeps its thread and the
     * lease until it answers. Never throws for a failed store.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        boolean interrupted = Thread.interrupted();
        try {
            long patience = options.patience().toNanos();
            if (endLog(System.nanoTime() + patience)) {
                filler.awaitClosed(2 * patience);
                // On busy processors its keeper, which comes last, may take a while to end.
                store.awaitEnd(outbox.isDelivered() ? patience : GRACE);
            }
            outbox.leave();
            disruptor.halt();
            if (threads.await(GRACE, TimeUnit.NANOSECONDS)) {
                spool.ifPresent(Spool::close);
                arena.close();
            }
            store.awaitEnd(GRACE);
        } catch (InterruptedException _) {
            // What isn't gone by now goes when it can; its memory stays until then.
            interrupted = true;
            outbox.leave();
            disruptor.halt();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Passes the last block on. @return false if there is no room for it */
    private boolean endLog(long deadline) {
        if (block == null && !claimUntil(deadline)) {
            return false;
        }
        if (!givenUp && outbox.failure() == null) {
            if (!block.isEmpty()) {
                passOn(); // the clean end goes into a block, and so a batch, of its own
                if (!claimUntil(deadline)) {
                    return false;
                }
            }
            block.slot(Kind.CLEAN_END, (byte) 0, time, position, 0, 0);
        }
        block.close = true;
        passOn();
        return true;
    }

    private void content(byte kind, long at, long number, long offset, MemorySegment content) {
        long size = content.byteSize();
        long done = 0;
        while (done < size) {
            var to = open(1);
            long left = size - done;
            if (left > to.room() && (left <= BlockHeader.MAX_RAW || to.room() < SECTOR)) {
                passOn();
                to = open(1);
            }
            int part = (int) Math.min(left, to.room());
            boolean more = kind == Kind.WRITE && part < left;
            to.content(kind, more ? Slot.MORE : 0, at, number, offset + done, content, done, part);
            to.whole = !more;
            done += part;
        }
        if (kind == Kind.WRITE) {
            position = number;
        }
    }

    /** The block being filled, with room for some slots. */
    private RawBlock open(int slots) {
        if (closed) {
            throw new IllegalStateException("the history is closed");
        }
        check();
        if (block != null && block.slotCount + slots > RawBlock.MAX_SLOTS) {
            passOn();
        }
        if (block == null) {
            while (!ring.hasAvailableCapacity(1)) {
                LockSupport.parkNanos(FULL_PARK);
                check();
            }
            claim();
        }
        return block;
    }

    private void check() {
        var failure = outbox.failure();
        if (failure != null) {
            throw new StoreException(failure.code(), failure.getMessage(), failure);
        }
        if (givenUp) {
            throw new StoreException(
                    StoreException.Code.IO,
                    "the store does not take the history in time, and there is no room to keep it: look after the store");
        }
    }

    private boolean claimUntil(long deadline) {
        while (!ring.hasAvailableCapacity(1)) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            LockSupport.parkNanos(FULL_PARK);
        }
        claim();
        return true;
    }

    private void claim() {
        claimed = ring.next();
        block = ring.get(claimed);
        filling = true;
        block.reset();
        block.since = System.nanoTime();
    }

    private void passOn() {
        block.after = position;
        block.gapOpen = gapOpen;
        if (!block.isEmpty()) {
            passedOn = passedOn + 1;
        }
        filling = false;
        block = null;
        ring.publish(claimed);
    }

    private long tick(long at) {
        time = Math.max(time, at);
        return time;
    }

    private void checkRange(long offset, long length) {
        if (length <= 0 || offset < 0 || offset > capacity - length || ((offset | length) & (SECTOR - 1)) != 0) {
            throw new IllegalArgumentException(
                    "range " + offset + "+" + length + " does not fit a disk of " + capacity + " bytes");
        }
    }

    private void checkPosition(long read) {
        if (read < 0 || read > position) {
            throw new IllegalArgumentException("position " + read + " is beyond " + position);
        }
    }

    /** Turns what should not happen in a compressor into a failure of the history. */
    private record FailOnException(Outbox outbox, String disk) implements ExceptionHandler<RawBlock> {
        @Override
        public void handleEventException(Throwable thrown, long sequence, RawBlock event) {
            outbox.fail(new StoreException(StoreException.Code.IO, "store of " + disk + ": " + thrown, thrown));
        }

        @Override
        public void handleOnStartException(Throwable thrown) {
            handleEventException(thrown, -1, null);
        }

        @Override
        public void handleOnShutdownException(Throwable thrown) {
            handleEventException(thrown, -1, null);
        }
    }
}
