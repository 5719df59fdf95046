// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.block.BlockReader;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.LiveGenerations;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.layer.LayerCursor;
import io.tidemark.cdp.layer.LayerException;
import io.tidemark.cdp.layer.LayerStack;
import io.tidemark.cdp.layer.PageCache;
import io.tidemark.disk.Extent;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A disk as it was at a state: layers that show through each other. In memory are a page cache of 8 MiB, 16 blocks of 256 KiB, the effect
 * of the state's own log segment, and of each layer its set of granules and eight bytes for each of its pages. Content is
 * read from the store when it is asked for, and every checksum on the way is checked. Belongs to one thread.
 *
 * <p>A layer that turns out to be damaged is left out; what it held comes from others, or from the log.
 */
public final class PastView implements AutoCloseable {
    static final int SECTOR = 512;
    private static final int CACHED_BLOCKS = 16;
    private static final long CACHED_PAGES = 8 << 20;

    private final History history;
    private final State state;
    private final BlockReader blocks;
    private final PageCache pages = new PageCache(CACHED_PAGES);
    private final Supplier<Chain> reopen;
    private final Set<Integer> damaged;
    private Chain chain;
    private LayerStack stack;

    private PastView(History history, Catalogue catalogue, Log log, State state, Set<Integer> damaged, boolean ahead) {
        this.history = history;
        this.state = state;
        this.damaged = damaged;
        this.blocks = new BlockReader(history, new LiveGenerations(history, catalogue), CACHED_BLOCKS, ahead);
        this.reopen = () -> Chain.open(history, catalogue, log, state.records(), pages, damaged);
    }

    /**
     * @param damaged layer files that can't be used; more are added when they are found
     * @param ahead whether most of its content will be read, in the order of the store if that can be
     */
    static PastView open(
            History history, Catalogue catalogue, Log log, State state, Set<Integer> damaged, boolean ahead) {
        var view = new PastView(history, catalogue, log, state, damaged, ahead);
        boolean opened = false;
        try {
            view.chain = view.reopen.get();
            view.stack = view.chain.stack();
            opened = true;
            return view;
        } finally {
            if (!opened) {
                view.close();
            }
        }
    }

    public State state() {
        return state;
    }

    /** The disk's size in bytes. */
    public long capacity() {
        return history.capacity();
    }

    /** How many layers there are to look through. */
    public int depth() {
        return chain.depth();
    }

    /** The extent that begins at {@code offset}; what was never recorded is a hole. */
    public Extent extentAt(long offset) {
        return lookedUp(() -> {
            if (!stack.seek(offset, capacity())) {
                return new Extent(offset, capacity() - offset, Extent.Sort.HOLE);
            }
            if (stack.offset() > offset) {
                return new Extent(offset, stack.offset() - offset, Extent.Sort.HOLE);
            }
            return new Extent(offset, stack.end() - offset, stack.isZero() ? Extent.Sort.ZERO : Extent.Sort.DATA);
        });
    }

    /** Takes a piece of the disk that has content; answers whether it wants more. */
    @FunctionalInterface
    public interface DataConsumer {
        /**
         * @param place where the content lies: read by ascending places, the store's blocks are read one after the other.
         *     Equal for what lies in one block
         */
        boolean accept(long offset, long length, long place);
    }

    /** Gives the pieces of a range that have content, ascending. */
    public void forEachData(long from, long to, DataConsumer consumer) {
        long[] at = {from};
        lookedUp(() -> {
            // After a damaged layer was left out it goes on where it was.
            for (boolean found = stack.seek(at[0], to); found; found = stack.next()) {
                long offset = stack.offset();
                long end = stack.end();
                long place = (long) stack.segment() << 32 | stack.block();
                boolean data = !stack.isZero();
                at[0] = end;
                if (data && !consumer.accept(offset, end - offset, place)) {
                    break;
                }
            }
            return true;
        });
    }

    /** Reads a range of the disk. */
    public void read(long offset, MemorySegment into) {
        Objects.checkFromIndexSize(offset, into.byteSize(), capacity());
        lookedUp(() -> {
            fill(offset, into);
            return true;
        });
    }

    private void fill(long offset, MemorySegment into) {
        long end = offset + into.byteSize();
        long at = offset;
        for (boolean found = stack.seek(offset, end); found; found = stack.next()) {
            into.asSlice(at - offset, stack.offset() - at).fill((byte) 0);
            at = stack.end();
            var part = into.asSlice(stack.offset() - offset, at - stack.offset());
            if (stack.isZero()) {
                part.fill((byte) 0);
            } else {
                part.copyFrom(content());
            }
        }
        into.asSlice(at - offset).fill((byte) 0);
    }

    /** The content of the extent that the stack stands on, checked; valid until some more blocks have been read. */
    private MemorySegment content() {
        int segment = stack.segment();
        long at = stack.block();
        var block = blocks.read(segment, at).bytes();
        long length = stack.end() - stack.offset();
        if (stack.inBlock() + length > block.byteSize()) {
            throw blocks.damaged(segment, at, "is shorter than write " + stack.number() + " needs", null);
        }
        // Of a packed segment only what is needed is there: less than a record, if part of it was written over.
        LayerCursor record = stack.isWhole() || blocks.isAsWritten(segment) ? stack.uncut() : stack;
        if (record.isWhole()) {
            long size = record.end() - record.offset();
            if (record.inBlock() + size > block.byteSize()
                    || Le.crc32c(block, record.inBlock(), size) != record.checksum()) {
                throw blocks.damaged(segment, at, "checksum of write " + record.number() + " is wrong", null);
            }
        }
        return block.asSlice(stack.inBlock(), length);
    }

    /** Does something with the stack; once more without a layer that turns out to be damaged. */
    private <T> T lookedUp(Supplier<T> what) {
        while (true) {
            try {
                return what.get();
            } catch (LayerException e) {
                damaged.add(e.file());
                chain.close();
                chain = reopen.get();
                stack = chain.stack();
            }
        }
    }

    @Override
    public void close() {
        if (chain != null) {
            chain.close();
        }
        pages.close();
        blocks.close();
    }
}
