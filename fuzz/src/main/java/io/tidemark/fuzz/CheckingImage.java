// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongPredicate;

/**
 * An image that believes nothing: each request must lie on the disk, each of its buffers in guest memory. Reads give a pattern,
 * writes are read to the last byte.
 */
public final class CheckingImage implements Image {
    public static final long CAPACITY = 1 << 20;
    private static final int EIO = 5;
    private static final byte PATTERN = 0x5a;

    /** Says whether a stretch of this process's memory is the guest's. */
    @FunctionalInterface
    public interface Inside {
        boolean holds(long address, long length);
    }

    private final Geometry geometry = new Geometry(CAPACITY, 512, 4096, false, CAPACITY, CAPACITY);
    private final Inside inside;
    private volatile boolean later;
    private volatile LongPredicate failing = offset -> false;

    public CheckingImage(Inside inside) {
        this.inside = inside;
    }

    /** Whether requests complete in a later turn of the loop, and which offsets fail. */
    public void behave(boolean inLaterTurn, LongPredicate failingOffsets) {
        later = inLaterTurn;
        failing = failingOffsets;
    }

    @Override
    public String name() {
        return "checking:";
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public BlockDevice attach(Loop loop) {
        return request -> {
            if (later) {
                loop.execute(() -> request.complete(execute(request)));
            } else {
                request.complete(execute(request));
            }
        };
    }

    /** Checks a request, and does what it asks for. @return 0 or a negative errno */
    public int execute(Request request) {
        Finding.unless(
                request.offset() >= 0
                        && request.length() >= 0
                        && request.offset() <= CAPACITY - request.length()
                        && (request.offset() | request.length()) % Geometry.SECTOR == 0,
                request + " is not on the disk");
        if (request.kind() == Request.Kind.READ || request.kind() == Request.Kind.WRITE) {
            transfer(request);
        }
        return failing.test(request.offset()) ? -EIO : 0;
    }

    private void transfer(Request request) {
        IoVector data = request.data();
        long bytes = 0;
        for (int i = 0; i < data.count(); i++) {
            Finding.unless(
                    inside.holds(data.address(i), data.length(i)), request + ": buffer " + i + " is not the guest's");
            bytes += data.length(i);
            MemorySegment buffer = NativeMemory.ALL.asSlice(data.address(i), data.length(i));
            if (request.kind() == Request.Kind.READ) {
                buffer.fill(PATTERN);
            } else {
                touch(buffer);
            }
        }
        Finding.unless(bytes == request.length(), request + " has " + bytes + " bytes of buffers");
    }

    private static void touch(MemorySegment buffer) {
        byte all = 0;
        for (long at = 0; at < buffer.byteSize(); at += 64) {
            all |= buffer.get(ValueLayout.JAVA_BYTE, at);
        }
        all |= buffer.get(ValueLayout.JAVA_BYTE, buffer.byteSize() - 1);
        touched = all;
    }

    /** Written, so that the reads are not compiled away. */
    @SuppressWarnings("unused")
    private static volatile byte touched;

    @Override
    public Extent extentAt(long offset) {
        return new Extent(offset, CAPACITY - offset, Extent.Sort.HOLE);
    }

    @Override
    public void close() {}
}
