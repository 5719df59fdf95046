// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Completion;
import io.tidemark.disk.Image;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.disk.uring.IoUring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** One request after the other on an image, in the calling thread; it knows which were complete when they had been submitted. */
final class Lane implements Loop, AutoCloseable {
    private static final int MOST = 8 << 20;

    private final IoUring ring = new IoUring(8, 8);
    private final Request request = new Request(0, new IoVector(1));
    private final MemorySegment memory = NativeMemory.anonymous(MOST, Arena.ofAuto());
    private final BlockDevice device;
    private final Completion done = this::completed;
    private int status;
    private boolean atOnce;

    Lane(Image image) {
        device = image.attach(this);
    }

    MemorySegment memory() {
        return memory;
    }

    int byteAt(long at) {
        return memory.get(ValueLayout.JAVA_BYTE, at);
    }

    /** Whether the last request was complete at once: it went through the mapping. */
    boolean wasAtOnce() {
        return atOnce;
    }

    /** Writes a value. @return 0, or a negative errno */
    int write(long offset, int length, int value) {
        memory.asSlice(0, length).fill((byte) value);
        return again(Request.Kind.WRITE, offset, length);
    }

    int read(long offset, int length) {
        memory.asSlice(0, length).fill((byte) 'x');
        return again(Request.Kind.READ, offset, length);
    }

    int zero(Request.Kind kind, long offset, long length, boolean unmap) {
        request.begin(kind, offset, length);
        request.mayUnmap(unmap);
        return run();
    }

    /** With what is in memory now. */
    int again(Request.Kind kind, long offset, long length) {
        request.begin(kind, offset, length);
        if (length > 0) {
            request.data().add(memory.address(), length);
        }
        return run();
    }

    private int run() {
        status = 1;
        request.onCompletion(done);
        device.submit(request);
        atOnce = status <= 0;
        while (status > 0) {
            ring.enter(1);
            ring.reap();
        }
        return status;
    }

    private void completed(Request completed, int result) {
        status = result;
    }

    /** Waits until a range of data was found. */
    void awaitKnown(long offset, int length) {
        while (true) {
            for (int part = 0; part < length; part += 4096) {
                read(offset + part, 4096);
                if (!atOnce) {
                    break;
                }
            }
            if (atOnce) {
                return;
            }
            Thread.onSpinWait();
        }
    }

    @Override
    public IoUring ring() {
        return ring;
    }

    @Override
    public int requests() {
        return 1;
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }

    @Override
    public void close() {
        ring.close();
    }
}
