// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.blkio;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * A vhost-user-blk socket, opened by libblkio's virtio-blk-vhost-user driver.
 *
 * <p>Opening and closing belong to one thread; each queue belongs to one thread at a time.
 */
public final class BlkioDisk implements AutoCloseable {
    private static final int QUEUE_SIZE = 256;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment pointer = arena.allocate(JAVA_LONG);
    private final long blkio;
    private final BlkioQueue[] queues;

    private BlkioDisk(Path socket, int queueCount, boolean readOnly) {
        call("create", LibBlkio.CREATE, arena.allocateFrom("virtio-blk-vhost-user"), pointer);
        blkio = pointer.get(JAVA_LONG, 0);
        queues = new BlkioQueue[queueCount];
        try {
            call("set path", LibBlkio.SET_STR, blkio, name("path"), arena.allocateFrom(socket.toString()));
            call("set read-only", LibBlkio.SET_BOOL, blkio, name("read-only"), readOnly);
            call("connect to " + socket, LibBlkio.CONNECT, blkio);
            call("set num-queues", LibBlkio.SET_INT, blkio, name("num-queues"), queueCount);
            call("set queue-size", LibBlkio.SET_INT, blkio, name("queue-size"), QUEUE_SIZE);
            call("start", LibBlkio.START, blkio);
            for (int i = 0; i < queueCount; i++) {
                queues[i] = new BlkioQueue((long) invoke(LibBlkio.GET_QUEUE, blkio, i), QUEUE_SIZE, arena);
            }
        } catch (BlkioException e) {
            close();
            throw e;
        }
    }

    /** Connects to a backend and starts its rings. */
    public static BlkioDisk open(Path socket, int queues) {
        return new BlkioDisk(socket, queues, false);
    }

    /** Likewise, of a disk that can't be written to. */
    public static BlkioDisk openReadOnly(Path socket, int queues) {
        return new BlkioDisk(socket, queues, true);
    }

    /** Bytes of the disk. */
    public long capacity() {
        MemorySegment value = arena.allocate(JAVA_LONG);
        call("get capacity", LibBlkio.GET_UINT64, blkio, name("capacity"), value);
        return value.get(JAVA_LONG, 0);
    }

    /** An integer property, such as request-alignment or discard-alignment. */
    public int property(String name) {
        MemorySegment value = arena.allocate(JAVA_INT);
        call("get " + name, LibBlkio.GET_INT, blkio, name(name), value);
        return value.get(JAVA_INT, 0);
    }

    public int queues() {
        return queues.length;
    }

    public BlkioQueue queue(int index) {
        return queues[index];
    }

    /** Allocates zeroed memory and shows it to the backend; allowed while requests are under way. It lives as long as the disk. */
    public MemorySegment allocate(long bytes) {
        MemorySegment region = arena.allocate(BlkioLayout.REGION_SIZE, Long.BYTES);
        call("allocate " + bytes + " bytes", LibBlkio.ALLOC_MEM_REGION, blkio, region, bytes);
        call("map " + bytes + " bytes", LibBlkio.MAP_MEM_REGION, blkio, region);
        return MemorySegment.ofAddress(region.get(JAVA_LONG, BlkioLayout.REGION_ADDR))
                .reinterpret(bytes, arena, null);
    }

    /** Disconnects without a word, as libblkio does, and frees all memory. */
    @Override
    public void close() {
        invoke(LibBlkio.DESTROY, pointer);
        arena.close();
    }

    private MemorySegment name(String property) {
        return arena.allocateFrom(property);
    }

    private static void call(String what, MethodHandle function, Object... arguments) {
        int result = (int) invoke(function, arguments);
        if (result < 0) {
            throw new BlkioException("libblkio: can't " + what + ": " + LibBlkio.errorMessage());
        }
    }

    private static Object invoke(MethodHandle function, Object... arguments) {
        try {
            return function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw LibBlkio.unexpected(e);
        }
    }
}
