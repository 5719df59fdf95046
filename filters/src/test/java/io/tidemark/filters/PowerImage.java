// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Extent;
import io.tidemark.disk.FixedImage;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.filters.protect.DiskReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * An image in memory whose storage has a cache: at a power cut each sector that was not flushed is left as it was, or in any
 * version that it has had since. Requests complete in any order.
 */
public final class PowerImage extends FixedImage implements DiskReader {
    public static final int SECTOR = 512;
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final byte[] latest;
    private final Random random;

    /** By sector: what is stable, and what came between that and the latest. */
    private final Map<Integer, List<byte[]>> unflushed = new HashMap<>();

    private long read;

    public PowerImage(byte[] content, long seed) {
        super(content.length);
        this.latest = content;
        this.random = new Random(seed);
    }

    /** What is there when the power comes back. */
    public synchronized byte[] crashed(Random dice) {
        byte[] left = latest.clone();
        unflushed.forEach((sector, versions) -> {
            int pick = dice.nextInt(versions.size() + 1);
            if (pick < versions.size()) {
                System.arraycopy(versions.get(pick), 0, left, sector * SECTOR, SECTOR);
            }
        });
        return left;
    }

    public synchronized byte[] content() {
        return latest.clone();
    }

    public synchronized long bytesRead() {
        return read;
    }

    private void change(int from, int length, MemorySegment data) {
        for (int at = from; at < from + length; at += SECTOR) {
            byte[] before = new byte[SECTOR];
            System.arraycopy(latest, at, before, 0, SECTOR);
            unflushed.computeIfAbsent(at / SECTOR, none -> new ArrayList<>()).add(before);
        }
        if (data == null) {
            MemorySegment.ofArray(latest).asSlice(from, length).fill((byte) 0);
        } else {
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, latest, from, length);
        }
    }

    private synchronized void execute(Request request) {
        int at = (int) request.offset();
        switch (request.kind()) {
            case FLUSH -> unflushed.clear();
            case DISCARD, WRITE_ZEROES -> change(at, (int) request.length(), null);
            case READ -> throw new UnsupportedOperationException("nobody reads here");
            case WRITE -> {
                for (int i = 0; i < request.data().count(); i++) {
                    int length = (int) request.data().length(i);
                    change(at, length, MEMORY.asSlice(request.data().address(i), length));
                    at += length;
                }
            }
        }
    }

    @Override
    public BlockDevice attach(Loop loop) {
        List<Request> pending = new ArrayList<>();
        Random order = new Random(random.nextLong());
        Runnable completeOne =
                () -> pending.remove(order.nextInt(pending.size())).complete(0);
        return request -> {
            execute(request);
            pending.add(request);
            loop.execute(completeOne);
        };
    }

    @Override
    public long capacity() {
        return geometry().capacity();
    }

    @Override
    public synchronized void read(long offset, MemorySegment into) {
        read += into.byteSize();
        MemorySegment.copy(latest, (int) offset, into, ValueLayout.JAVA_BYTE, 0, (int) into.byteSize());
    }

    @Override
    public synchronized void flush() {
        unflushed.clear();
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public Extent extentAt(long offset) {
        return new Extent(offset, geometry().capacity() - offset, Extent.Sort.DATA);
    }
}
