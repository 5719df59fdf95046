// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.block;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.volume.SegmentName;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.util.function.LongConsumer;

/**
 * Writes a data segment anew as its next generation, with nothing in it but what is needed, by Zstandard. Places stay what they
 * were: a table leads to where their content lies now.
 *
 * <p>The new generation counts when the catalogue says so; until then it is a file that nobody knows, and is written over.
 */
public final class SegmentPacker {
    /**
     * What came out.
     *
     * @param generation the new one
     * @param bytes its size
     */
    public record Packed(int generation, long bytes) {}

    private SegmentPacker() {}

    /**
     * Packs a segment that isn't written any more. What was written is read back and compared before this returns.
     *
     * @param generation the one that counts now; 0 for the segment as it was written
     * @param needed everything that any point needs of it
     * @throws StoreException DAMAGED if something needed can't be read, NO_SPACE, IO; then there is nothing new
     */
    public static Packed pack(History history, int segment, int generation, NeededBytes needed) {
        return pack(history, segment, generation, needed, _ -> {});
    }

    /**
     * Likewise.
     *
     * @param moved told how many bytes were read and written since the last time
     */
    public static Packed pack(History history, int segment, int generation, NeededBytes needed, LongConsumer moved) {
        try {
            int next = next(history, segment, generation);
            try {
                return new Packed(next, write(history, segment, generation, next, needed, moved));
            } catch (IOException | RuntimeException e) {
                remove(history, segment, next);
                throw e;
            }
        } catch (IOException e) {
            throw StoreException.of(history.packed().name() + "/" + History.segmentName(segment), e);
        }
    }

    /** One that nobody has begun: who has lost the lease may still want to remove his own. */
    private static int next(History history, int segment, int generation) throws IOException {
        int last = generation;
        for (var name : history.packed().list()) {
            if (SegmentName.number(name) == segment) {
                last = Math.max(last, SegmentName.generation(name));
            }
        }
        return last + 1;
    }

    private static long write(
            History history, int segment, int generation, int next, NeededBytes needed, LongConsumer moved)
            throws IOException {
        var name = PackedFormat.name(segment, next);
        long size;
        int[] checksums;
        try (var reader = new BlockReader(history, _ -> generation, 1);
                var writer = new PackedWriter(history, history.packed().create(name), segment, next)) {
            needed.sort();
            for (int i = 0; i < needed.count(); i = copy(reader, segment, needed, i, writer, moved)) {}
            size = writer.finish();
            checksums = writer.checksums();
        }
        history.packed().dropCache(name);
        compare(history, segment, next, checksums);
        return size;
    }

    /** Copies what is needed of one block. @return the first stretch of the next */
    private static int copy(
            BlockReader reader, int segment, NeededBytes needed, int first, PackedWriter writer, LongConsumer moved)
            throws IOException {
        long at = needed.block(first);
        int last = first;
        int end = 0;
        for (; last < needed.count() && needed.block(last) == at; last++) {
            end = Math.max(end, needed.to(last));
        }
        var block = reader.read(segment, at).bytes();
        if (end > block.byteSize()) {
            throw reader.damaged(segment, at, "is shorter than a point needs", null);
        }
        var room = writer.add(at, end);
        for (int i = first; i < last; i++) {
            int from = needed.from(i);
            MemorySegment.copy(block, from, room, from, needed.to(i) - from);
        }
        moved.accept(end);
        return last;
    }

    private static void compare(History history, int segment, int generation, int[] checksums) throws IOException {
        try (var packed = PackedSegment.open(history, segment, generation);
                var reader = new BlockReader(history, _ -> generation, 1)) {
            int block = -1;
            long at = -1;
            for (int entry = 0; entry < packed.count(); entry++) {
                if (packed.block(entry) != at) {
                    at = packed.block(entry);
                    block++;
                    var content = reader.whole(segment, at);
                    if (Le.crc32c(content, 0, content.byteSize()) != checksums[block]) {
                        throw new StoreException(
                                Code.IO,
                                history.packed().name() + "/" + PackedFormat.name(segment, generation)
                                        + ": reads back other than it was written: check the storage below it");
                    }
                }
            }
        }
    }

    /** How much content a packed generation holds, unpacked, in bytes. */
    public static long held(History history, int segment, int generation) {
        try (var packed = PackedSegment.open(history, segment, generation)) {
            long bytes = 0;
            for (int entry = 0; entry < packed.count(); entry++) {
                bytes += packed.length(entry);
            }
            return bytes;
        } catch (IOException e) {
            throw StoreException.of(history.packed().name() + "/" + PackedFormat.name(segment, generation), e);
        }
    }

    /** Removes a generation, if it is there. */
    public static void remove(History history, int segment, int generation) throws IOException {
        try {
            history.packed().delete(PackedFormat.name(segment, generation));
        } catch (NoSuchFileException _) {
            // As it should be.
        }
    }
}
