// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.disk.Loop;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.FilterException.Code;
import io.tidemark.filters.intent.IntentHeader.Believer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows, on stable storage, in which regions the image and its history may differ: a clear bit means that the history has durably
 * all that was written there, and the image too.
 *
 * <p>Loops ask {@link #covers} before each change. For a region that is closed they {@link #want} it and hold the
 * request back; the thread {@code DISK-intent}, the only one to write the file, writes what all loops wait for with
 * one sync, opens the regions, and tells the loops. Regions are closed in rounds ({@link #closeUnused}), their bits
 * cleared when whoever closed them knows that nothing differs any more ({@link #clear}); until then {@link #reopen} takes it back.
 *
 * <p>A file that can't be written is declared invalid, and the loops go on without it: see {@link IntentListener}.
 */
public final class IntentMap implements Intent, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IntentMap.class);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final BlockSet NOTHING = new BlockSet(1);

    /** A stretch of the disk, in bytes. */
    public record Stretch(long offset, long end) {}

    private record Declaration(boolean valid, BlockSet passedBy, CompletableFuture<Boolean> done) {}

    private record Member(Loop loop, Runnable news) {}

    private final IntentIdentity identity;
    private final StableFile file;
    private final Regions regions;
    private final RegionStates states;
    private final WantedRegions wanted;
    private final IntentBits bits;
    private final boolean trusted;
    private final List<Member> members = new CopyOnWriteArrayList<>();

    /** Set when the map is in use: written by one thread, read by it and by those who wake it. */
    private volatile Thread thread;

    private IntentListener listener = (cause, declared) -> {};
    private int session;
    private int former;

    // What the thread is asked to do; the latest wins, and there is at most one that asks.
    private volatile BitSet toClear;
    private volatile boolean closing;
    private volatile Declaration declaration;
    private volatile boolean broken;
    private volatile boolean declared;
    private volatile long writingSince;

    /** Of the thread and who ends the map, one does nothing more with the file: the other closes it. */
    private final AtomicBoolean oneIsDone = new AtomicBoolean();

    private IntentMap(
            IntentIdentity identity, StableFile file, Regions regions, IntentBits bits, boolean trusted, int former) {
        this.identity = identity;
        this.file = file;
        this.regions = regions;
        this.states = new RegionStates(regions.count());
        this.wanted = new WantedRegions(regions.count());
        this.bits = bits;
        this.trusted = trusted;
        this.former = former;
    }

    /**
     * Reads the map in a file. One that is of something else, or not to be believed, has all regions set.
     *
     * @param file this map's from now on, also if this fails
     * @param last the history's last session, 0 if none is known
     * @param image what the image is like now: the map of an image that was left clean says nothing if it isn't as it was
     * @param heir the number of the heir that wants it, who knows what was changed since it was left; 0 for who is none
     */
    public static IntentMap open(IntentIdentity identity, StableFile file, int last, String image, int heir)
            throws IOException {
        try {
            Regions regions = Regions.of(identity.capacity());
            IntentBits bits = new IntentBits(regions.count());
            ByteBuffer header = ByteBuffer.allocate(IntentHeader.SIZE);
            boolean trusted = false;
            if (file.size() >= IntentBits.BEGIN) {
                file.read(0, header);
                trusted = IntentHeader.isTrusted(header, heir, identity, last, image);
            }
            if (!trusted) {
                bits.setAll(true);
            } else if (IntentHeader.capacity(header) == identity.capacity()) {
                bits.read(file);
            } else {
                readGrown(file, Regions.of(IntentHeader.capacity(header)), regions, bits);
            }
            return new IntentMap(identity, file, regions, bits, trusted, last);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Of a disk that was smaller: what has been added may differ, and a region may be larger now. */
    private static void readGrown(StableFile file, Regions former, Regions regions, IntentBits bits)
            throws IOException {
        IntentBits found = new IntentBits(former.count());
        found.read(file);
        bits.setAll(false);
        BitSet set = found.copy();
        for (int r = set.nextSetBit(0); r >= 0; r = set.nextSetBit(r + 1)) {
            setRange(bits, regions, former.begin(r), former.end(r));
        }
        setRange(bits, regions, former.capacity(), regions.capacity());
    }

    private static void setRange(IntentBits bits, Regions regions, long offset, long end) {
        for (int region = regions.at(offset); region <= regions.at(end - 1); region++) {
            bits.set(region, true);
        }
    }

    /** A number for an heir, which no other has. */
    public static int newHeir() {
        return ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);
    }

    /** Whether the map in a file is of this disk and this image, whatever else it says. */
    public static boolean isOf(StableFile file, String disk, String image) throws IOException {
        if (file.size() < IntentBits.BEGIN) {
            return false;
        }
        ByteBuffer header = ByteBuffer.allocate(IntentHeader.SIZE);
        file.read(0, header);
        return IntentHeader.isOf(header, disk, image);
    }

    /** Whether the file was of this disk and this history, and to be believed. */
    public boolean isTrusted() {
        return trusted;
    }

    /** What may differ, in ascending order, neighbours joined. Before {@link #begin}. */
    public List<Stretch> stretches() {
        List<Stretch> found = new ArrayList<>();
        BitSet set = bits.copy();
        for (int first = set.nextSetBit(0); first >= 0; ) {
            int end = set.nextClearBit(first);
            found.add(new Stretch(regions.begin(first), regions.end(end - 1)));
            first = set.nextSetBit(end);
        }
        return found;
    }

    /**
     * Enters a session of the history: from now on the file is believed in it, or not before that is {@linkplain #declare declared}.
     * Starts the thread.
     *
     * @throws IOException if the file can't be written: then the map is of no use, and closed
     */
    public void begin(int newSession, boolean valid, IntentListener told) throws IOException {
        try {
            writeBits(); // first: a header that is new vouches for them
            session = newSession;
            listener = told;
            writeHeader(of(valid), "", 0);
        } catch (IOException e) {
            file.close();
            throw e;
        }
        for (int region = 0; region < regions.count(); region++) {
            if (bits.get(region)) {
                states.open(region);
            }
        }
        thread = Thread.ofPlatform().daemon().name(identity.disk() + "-intent").start(this::run);
    }

    private void writeBits() throws IOException {
        if (bits.write(file)) {
            file.sync();
        }
    }

    private static Believer of(boolean valid) {
        return valid ? Believer.ANYBODY : Believer.NOBODY;
    }

    private void writeHeader(Believer believer, String stamp, int heir) throws IOException {
        file.write(0, new IntentHeader(identity, believer, session, former, stamp, heir).bytes());
        file.sync();
    }

    @Override
    public void join(Loop loop, Runnable news) {
        members.add(new Member(loop, news));
    }

    @Override
    public boolean covers(long offset, long end) {
        int last = regions.at(end - 1);
        for (int region = regions.at(offset); region <= last; region++) {
            if (!states.use(region)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void want(long offset, long end) {
        int last = regions.at(end - 1);
        for (int region = regions.at(offset); region <= last; region++) {
            if (!states.isOpen(region)) {
                wanted.add(region);
            }
        }
        LockSupport.unpark(thread);
    }

    /** Begins a round, and closes the regions that no loop has used in the one that ends. By the thread that tends the map. */
    public BitSet closeUnused() {
        return broken || toClear != null ? new BitSet() : states.closeUnused();
    }

    /** Takes {@link #closeUnused} back. */
    public void reopen(BitSet closed) {
        // Their bits are still set. A loop may have had one opened meanwhile; opening it again says nothing new.
        closed.stream().forEach(states::open);
        tellLoops();
    }

    /** The history and the image have all of these regions' changes; but some may have been opened again. */
    public void clear(BitSet closed) {
        toClear = closed;
        LockSupport.unpark(thread);
    }

    /** Whether a write of the file has been on its way for so long. */
    public boolean isStalled(Duration limit) {
        long since = writingSince;
        return since != 0 && System.nanoTime() - since > limit.toNanos();
    }

    /** Whether the loops go on without it. */
    public boolean isBroken() {
        return broken;
    }

    /** Lets the loops go on without the file, whatever it does. From any thread. */
    public void abandon() {
        broken = true;
        for (int region = 0; region < regions.count(); region++) {
            states.open(region);
        }
        tellLoops();
    }

    private void run() {
        while (!closing || declaration != null) {
            if (declaration != null) {
                declareNow();
            } else if (wanted.isEmpty() && toClear == null) {
                LockSupport.park(this);
            } else if (broken) {
                abandon(); // whoever asked before it broke
                wanted.take(region -> {});
                toClear = null;
            } else {
                work();
            }
        }
        closeIfLast();
    }

    /** As {@link #declare(boolean, BlockSet)}, where nothing was changed that the map doesn't name. */
    public boolean declare(boolean valid) {
        return declare(valid, NOTHING);
    }

    /**
     * Says in the file whether it is to be believed, while it goes on being kept: not while changes pass it by. Waits for that,
     * no longer than some seconds.
     *
     * @param passedBy what was changed meanwhile, and may differ now
     * @return whether it says so now
     */
    public synchronized boolean declare(boolean valid, BlockSet passedBy) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        declaration = new Declaration(valid, passedBy, done);
        LockSupport.unpark(thread);
        return done.completeOnTimeout(false, PATIENCE.toNanos(), TimeUnit.NANOSECONDS)
                .join();
    }

    private void declareNow() {
        Declaration wish = declaration;
        declaration = null;
        boolean said = false;
        try {
            if (!broken) {
                writingSince = System.nanoTime() | 1;
                wish.passedBy.forEachRange((offset, length) -> forEachRegion(offset, length, r -> bits.set(r, true)));
                writeBits();
                // Who has lost patience has told others that it isn't valid.
                if (!wish.valid || !wish.done.isDone()) {
                    writeHeader(of(wish.valid), "", 0);
                    said = true;
                }
                writingSince = 0;
                wish.passedBy.forEachRange((offset, length) -> forEachRegion(offset, length, states::open));
                if (!wish.passedBy.isEmpty()) {
                    tellLoops();
                }
            }
        } catch (IOException e) {
            fail(e);
        } catch (RuntimeException | Error e) { // as in work()
            fail(new IOException(e.toString(), e));
        }
        wish.done.complete(said || !wish.valid && declared);
    }

    private void forEachRegion(long offset, long length, IntConsumer what) {
        int last = regions.at(Math.min(offset + length, regions.capacity()) - 1);
        for (int region = regions.at(offset); region <= last; region++) {
            what.accept(region);
        }
    }

    private void work() {
        List<Integer> opening = new ArrayList<>();
        wanted.take(region -> {
            opening.add(region);
            bits.set(region, true);
        });
        BitSet clearing = toClear;
        try {
            writingSince = System.nanoTime() | 1;
            writeBits();
            writingSince = 0;
            opening.forEach(states::open);
            if (!opening.isEmpty()) {
                tellLoops();
            }
            if (clearing != null) {
                toClear = null;
                // What is closed now nobody uses; who wants it from here on is heard after this.
                clearing.stream().filter(region -> !states.isOpen(region)).forEach(region -> bits.set(region, false));
                bits.write(file); // not synced: a bit that stays costs a look at its region
            }
        } catch (IOException e) {
            fail(e);
        } catch (RuntimeException | Error e) { // loops wait for this thread, whatever happens to it
            fail(new IOException(e.toString(), e));
        }
    }

    private void fail(IOException cause) {
        try {
            writeHeader(Believer.NOBODY, "", 0);
            declared = true;
        } catch (IOException e) {
            declared = tryToDelete();
        }
        writingSince = 0;
        abandon();
        listener.failed(
                new FilterException(
                        Code.NO_INTENT,
                        "disk " + identity.disk() + ": its intent map can't be written (" + cause.getMessage()
                                + "): look after the state folder; the guest goes on, the next start compares the whole disk",
                        cause),
                declared);
    }

    private boolean tryToDelete() {
        try {
            file.delete();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void tellLoops() {
        for (Member member : members) {
            try {
                member.loop.execute(member.news);
            } catch (RejectedExecutionException e) {
                // The loop has ended: nothing waits there.
            }
        }
    }

    /**
     * Ends the thread and leaves the map as it is, for the next start. Waits for a write that hangs no longer than some
     * seconds.
     */
    @Override
    public void close() {
        end(() -> {});
    }

    /** As {@link #close}, and says that nothing differs, as long as the image stays like this. */
    public void closeClean(String image) {
        end(() -> {
            bits.setAll(false);
            writeBits();
            writeHeader(Believer.ANYBODY, image, 0);
        });
    }

    /**
     * As {@link #close}; and only the heir of this number may believe it.
     *
     * @param equal whether nothing differed when the disk was handed over; but not all may be on stable storage
     */
    public void closeForHeir(boolean equal, int heir) {
        end(() -> {
            if (equal) {
                bits.setAll(false);
                writeBits();
            }
            writeHeader(Believer.HEIR, "", heir);
        });
    }

    private interface LastWords {
        void say() throws IOException;
    }

    private void end(LastWords words) {
        closing = true;
        Thread running = thread;
        try {
            if (running != null) {
                LockSupport.unpark(running);
                if (!running.join(PATIENCE)) {
                    return; // to close what it is still writing would wait for it
                }
            }
            if (!broken) {
                words.say();
            }
        } catch (IOException e) {
            LOG.warn("disk {}: its intent map: {}", identity.disk(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (running == null) {
                closeFile();
            } else {
                closeIfLast();
            }
        }
    }

    private void closeIfLast() {
        if (oneIsDone.getAndSet(true)) {
            closeFile();
        }
    }

    private void closeFile() {
        try {
            file.close();
        } catch (IOException e) {
            LOG.warn("disk {}: its intent map: {}", identity.disk(), e.getMessage());
        }
    }
}
