// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.Extent;
import io.tidemark.disk.Geometry;
import io.tidemark.disk.posix.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Asks an image where it holds data, by {@code rbd_diff_iterate2} from its beginning; what lies in an image that it was cloned from
 * counts. librbd calls back on the thread that asks, so no thread of its own ever enters the JVM.
 */
final class ExtentFinder implements AutoCloseable {
    /** How far one question reaches, in bytes. It ends with the first extent that is known, so most cost the cluster a few calls. */
    private static final long REACH = 1L << 30;

    private final RbdImage image;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment callback;

    /** The data found so far: empty, or one stretch. */
    private long begin;

    private long end;

    ExtentFinder(RbdImage image) {
        this.image = image;
        this.callback = Linker.nativeLinker()
                .upcallStub(
                        found(),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG),
                        arena);
    }

    private MethodHandle found() {
        try {
            return MethodHandles.lookup()
                    .bind(
                            this,
                            "found",
                            MethodType.methodType(int.class, long.class, long.class, int.class, long.class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The extent that begins at {@code offset}, in an image of {@code capacity} bytes; it may end early. */
    synchronized Extent at(long offset, long capacity) throws IOException {
        long reach = Math.min(capacity - offset, REACH);
        begin = 0;
        end = 0;
        image.diffIterate(offset, reach, callback);
        if (end == 0) {
            return new Extent(offset, reach, Extent.Sort.HOLE);
        }
        if (begin > offset) {
            return new Extent(offset, begin - offset, Extent.Sort.HOLE);
        }
        return new Extent(offset, Math.min(end, offset + reach) - offset, Extent.Sort.DATA);
    }

    /** Called by librbd, in order. @return 0, or what ends the search */
    private int found(long offset, long length, int exists, long unused) {
        if (exists == 0) {
            return 0;
        }
        // In whole sectors.
        long first = offset / Geometry.SECTOR * Geometry.SECTOR;
        long behind = (offset + length + Geometry.SECTOR - 1) / Geometry.SECTOR * Geometry.SECTOR;
        if (end == 0) {
            begin = first;
            end = behind;
        } else if (first <= end) {
            end = Math.max(end, behind);
        } else {
            return -Errno.ECANCELED;
        }
        return 0;
    }

    @Override
    public void close() {
        arena.close();
    }
}
