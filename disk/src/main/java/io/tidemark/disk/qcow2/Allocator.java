// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.posix.Errno;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the thread {@code IMAGE allocator} does: it owns the refcounts, fills the reserve, and frees what isn't used any more.
 */
final class Allocator implements Means {
    private static final Logger LOG = LoggerFactory.getLogger(Allocator.class);

    /** Offsets in entries have 56 bits. */
    private static final int OFFSET_BITS = 56;

    /** The file's length is a multiple of this, in bytes. */
    static final long LENGTH_UNIT = 64 << 10;

    /** How long it waits before it looks again whether requests have ended, in milliseconds. */
    private static final long PATIENCE = 20;

    private final String name;
    private final Image container;
    private final int bits;
    private final KnownTables tables;
    private final Reserve reserve;
    private final Limbo limbo;
    private final ParallelIo io;
    private final RefcountTable counts;

    /** No cluster before this one is free. */
    private long hint;

    /** What was found wrong; nothing is handed out any more. */
    private boolean corrupt;

    /** The refcounts in memory may not be the file's, which couldn't be read. */
    private boolean stale;

    private boolean said;

    /** @throws Malformed where the refcount table can't be one */
    Allocator(String name, Image container, Header header, KnownTables tables, Reserve reserve, Grace grace) {
        this.name = name;
        this.container = container;
        this.bits = header.clusterBits();
        this.tables = tables;
        this.reserve = reserve;
        this.limbo = new Limbo(grace);
        this.io = new ParallelIo(container);
        try {
            this.counts = new RefcountTable(header, io, tables);
        } catch (RuntimeException e) {
            io.close();
            throw e;
        }
    }

    /** Fills the reserve, or tells those who wait that it can't be filled. */
    void fill() {
        // Where there is no room for all of it there may be for a part.
        for (int count = reserve.wanted(); count > 0 && isUsable(); count /= 2) {
            long[] places = new long[count];
            try {
                provide(places);
                said = false;
                reserve.deposit(places, count);
                return;
            } catch (ImageException e) {
                say("no clusters can be allocated: " + e.getMessage());
                reload();
            } catch (Malformed e) {
                damaged(e);
            }
        }
        reserve.fail(-Errno.EIO);
    }

    private void damaged(Malformed e) {
        corrupt = true;
        said = false; // whatever was said before, this is for good
        say("is damaged: " + e.getMessage()
                + "; mend it with qemu-img check -r all. Until then no cluster of it is allocated");
    }

    /** Whether the refcounts in memory are the file's; they are read again if they weren't. */
    private boolean isUsable() {
        if (stale && !corrupt) {
            reload();
        }
        return !stale && !corrupt;
    }

    /** What is in memory may be more than what is in the file. */
    private void reload() {
        try {
            counts.forget();
            stale = false;
        } catch (ImageException e) {
            stale = true;
            say("its refcounts can't be read: " + e.getMessage());
        } catch (Malformed e) {
            damaged(e);
        }
    }

    private void provide(long[] places) {
        long end = container.geometry().capacity();
        long next = pick(places);
        if (next << bits > end) {
            lengthen(container, next << bits);
        }
        zero(places, end);
        write();
        hint = next;
    }

    /**
     * Makes the container longer, so that it doesn't end within a page: that would lie in the kernel's cache, in the way of what goes
     * past that.
     *
     * @throws ImageException where it can't be as long
     */
    static void lengthen(Image container, long length) {
        try {
            container.resize((length + LENGTH_UNIT - 1) & -LENGTH_UNIT);
        } catch (ImageException e) {
            // A device may end sooner.
            container.resize(length);
        }
    }

    /**
     * Clusters in a row, all zero, that are the caller's.
     *
     * @return where they lie
     * @throws ImageException where there are none
     */
    long row(long clusters) {
        if (!isUsable()) {
            throw noRow("its refcounts can't be read");
        }
        try {
            long first = counts.nextRow(hint, clusters);
            if (!counts.reaches(first + 2 * clusters + RefcountTableGrowth.SLACK)) {
                new RefcountTableGrowth(container, io, counts, bits).reach(counts.reach());
                first = counts.nextRow(hint, clusters);
            }
            counts.checkUnused(first, clusters);
            long end = container.geometry().capacity();
            long next = new Row(counts, bits).count(first, clusters);
            if (next << bits > end) {
                lengthen(container, next << bits);
            }
            io.zero(first << bits, clusters << bits);
            write();
            return first << bits;
        } catch (ImageException e) {
            reload();
            throw e;
        } catch (Malformed e) {
            damaged(e);
            throw noRow(e.getMessage());
        }
    }

    private ImageException noRow(String why) {
        return new ImageException(
                ImageException.Code.IO,
                "image " + name + ": no clusters can be allocated: " + why + "; look at it with qemu-img check");
    }

    /** Changes fields of the header, and makes that last. @return true */
    boolean changeHeader(Consumer<MemorySegment> fields) {
        HeaderSector.change(io, fields);
        return true;
    }

    /** Writes the refcounts, and makes them last with all that was begun; blocks before what names them. */
    private void write() {
        counts.writeBlocks();
        io.flush();
        if (counts.hasNewBlocks()) {
            counts.writeTable();
            io.flush();
        }
    }

    /** Finds free clusters and counts them as used. @return the cluster behind the last one */
    private long pick(long[] places) {
        long at = hint;
        for (int count = 0; count < places.length; at++) {
            at = counts.nextFree(at);
            if (at >>> OFFSET_BITS - bits != 0) {
                throw new Malformed("all places that an entry can name are taken");
            }
            if (!counts.reaches(at)) {
                at = new RefcountTableGrowth(container, io, counts, bits).reach(at);
                at = counts.nextFree(at);
            }
            counts.checkUnused(at, 1);
            if (counts.hasBlockFor(at)) {
                places[count++] = at << bits;
            } else {
                counts.makeBlock(at, at << bits);
            }
            counts.set(at, 1);
        }
        return at;
    }

    /** Begins to make zero what lies before a place, the former end of the file: all behind that is zero already. */
    private void zero(long[] places, long end) {
        long cluster = 1L << bits;
        for (int i = 0; i < places.length && places[i] < end; ) {
            long begin = places[i];
            long to = begin;
            for (; i < places.length && places[i] == to && to < end; i++) {
                to += cluster;
            }
            io.zero(begin, to - begin);
        }
    }

    /** Frees them when all requests have ended that may know them. */
    void drop(List<Dropped> dropped) {
        limbo.add(dropped);
    }

    @Override
    public long rest() {
        if (limbo.isEmpty()) {
            return FOREVER;
        }
        free(limbo.over());
        return limbo.isEmpty() ? FOREVER : PATIENCE;
    }

    private void free(List<Dropped> over) {
        if (over.isEmpty() || !isUsable()) {
            return;
        }
        try {
            // Else a crash could bring back an entry that names what is another's by then.
            io.flush();
            long[] freed = over.stream()
                    .flatMapToLong(this::clusters)
                    .filter(this::release)
                    .map(cluster -> cluster << bits)
                    .sorted()
                    .toArray();
            zero(freed, Long.MAX_VALUE);
            if (freed.length > 0) {
                hint = Math.min(hint, freed[0] >>> bits);
            }
            counts.writeBlocks();
        } catch (ImageException e) {
            say("clusters can't be freed, and are leaked: " + e.getMessage());
            reload();
        }
    }

    private LongStream clusters(Dropped dropped) {
        return LongStream.rangeClosed(dropped.place() >>> bits, dropped.place() + dropped.length() - 1 >>> bits);
    }

    /** A reference to it is no more. @return whether it was the last one */
    private boolean release(long cluster) {
        long count = counts.get(cluster);
        if (count == 0 || tables.contains(cluster)) {
            say("cluster " + cluster + " was in use, and has refcount " + Long.toUnsignedString(count)
                    + "; look at it with qemu-img check");
            return false;
        }
        counts.set(cluster, count - 1);
        return count == 1;
    }

    /** Gives back what isn't needed now, as far as no request knows of it. @return true */
    boolean settle() {
        for (List<Dropped> over = limbo.over(); !over.isEmpty(); over = limbo.over()) {
            free(over);
        }
        giveBack(reserve.drain());
        return true;
    }

    /** Gives back what is left. No request is on its way, and none will come. */
    void finish() {
        free(limbo.drain());
        giveBack(reserve.drain());
        giveBack(reserve.drainOut());
    }

    private void giveBack(long[] places) {
        if (places.length == 0 || !isUsable()) {
            return;
        }
        try {
            for (long place : places) {
                counts.set(place >>> bits, 0);
                hint = Math.min(hint, place >>> bits);
            }
            counts.writeBlocks();
            io.flush();
        } catch (ImageException e) {
            say("the clusters of its reserve are leaked: " + e.getMessage());
            reload();
        }
    }

    private void say(String what) {
        if (!said) {
            said = true;
            LOG.error("image {}: {}", name, what);
        }
    }

    @Override
    public void close() {
        io.close();
    }
}
