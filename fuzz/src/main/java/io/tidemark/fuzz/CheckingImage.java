// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Extent;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.Image;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.LateFault;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.LongPredicate;

/**
 * An image that believes nothing: each request must lie on the disk, each of its buffers in guest memory. Reads give a pattern,
 * writes are copied out.
 */
public final class CheckingImage implements Image {
    public static final long CAPACITY = 1 << 20;
    private static final int EIO = 5;
    private static final int EFAULT = 14;
    private static final byte PATTERN = 0x5a;

    /** Says whether a stretch of this process's memory is the guest's. */
    @FunctionalInterface
    public interface Inside {
        boolean holds(long address, long length);
    }

    private final Geometry geometry = new Geometry(CAPACITY, 512, 4096, false, CAPACITY, CAPACITY);
    private final MemorySegment content =
            NativeMemory.anonymous(CAPACITY, Arena.ofAuto()).fill(PATTERN);
    private final MemorySegment written = NativeMemory.anonymous(CAPACITY, Arena.ofAuto());
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
            int status = transfer(request);
            if (status != 0) {
                return status;
            }
        }
        return failing.test(request.offset()) ? -EIO : 0;
    }

    private int transfer(Request request) {
        IoVector data = request.data();
        boolean whole = true;
        long bytes = 0;
        for (int i = 0; i < data.count(); i++) {
            Finding.unless(
                    inside.holds(data.address(i), data.length(i)), request + ": buffer " + i + " is not the guest's");
            bytes += data.length(i);
            Finding.unless(bytes <= request.length(), request + " has more bytes of buffers");
            whole &= copy(request, data.address(i), data.length(i));
        }
        Finding.unless(bytes == request.length(), request + " has " + bytes + " bytes of buffers");
        return whole ? 0 : -EFAULT;
    }

    /** False where the memory has vanished; as the kernel has it, that fails a request and nothing else. */
    private boolean copy(Request request, long address, long length) {
        try {
            if (request.kind() == Request.Kind.READ) {
                MemorySegment.copy(content, request.offset(), NativeMemory.ALL, address, length);
            } else {
                MemorySegment.copy(NativeMemory.ALL, address, written, 0, length);
            }
            LateFault.surfaceNow();
            return true;
        } catch (InternalError e) {
            return false;
        }
    }

    @Override
    public Extent extentAt(long offset) {
        return new Extent(offset, CAPACITY - offset, Extent.Sort.HOLE);
    }

    @Override
    public void resize(long capacity) {}

    @Override
    public void unlock() {}

    @Override
    public void lock() {}

    @Override
    public void close() {}
}
