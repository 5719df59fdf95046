// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.memory.Mapping;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.InflightDescription;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.socket.Fd;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** Memory for requests in flight, as the frontend keeps it; split rings (vhost-user.rst, "Inflight I/O tracking"). */
public final class InflightArea implements AutoCloseable {
    private static final int VERSION = 8;
    private static final int DESCRIPTORS = 10;
    private static final int LAST_BATCH_HEAD = 12;
    private static final int USED_INDEX = 14;
    private static final int STATES = 16;
    private static final int STATE = 16;
    private static final int COUNTER = 8;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;

    private final int fd;
    private final long size;
    private final long offset;
    private final int queues;
    private final int queueSize;
    private final Mapping mapping;
    private final MemorySegment memory;

    private InflightArea(int fd, long size, long offset, int queues, int queueSize) {
        this.fd = fd;
        this.size = size;
        this.offset = offset;
        this.queues = queues;
        this.queueSize = queueSize;
        this.mapping = Mapping.map(fd, offset, size);
        this.memory = MemorySegment.ofAddress(mapping.address()).reinterpret(size);
    }

    /** GET_INFLIGHT_FD. It is closed by the trial. */
    public static InflightArea get(Trial trial, Frontend frontend, int queues, int queueSize) {
        try (Message answer =
                frontend.ask(FrontendRequest.GET_INFLIGHT_FD, InflightDescription.of(0, 0, queues, queueSize))) {
            Expect.same(answer.fds().count(), 1, "the number of files of GET_INFLIGHT_FD");
            return trial.closing(new InflightArea(
                    answer.fds().take(),
                    InflightDescription.mmapSize(answer.payload()),
                    InflightDescription.mmapOffset(answer.payload()),
                    queues,
                    queueSize));
        }
    }

    /** SET_INFLIGHT_FD. @return whether it was taken */
    public boolean give(Frontend frontend) {
        return frontend.did(
                FrontendRequest.SET_INFLIGHT_FD, InflightDescription.of(size, offset, queues, queueSize), fd);
    }

    public long size() {
        return size;
    }

    public byte[] bytes() {
        return memory.toArray(ValueLayout.JAVA_BYTE);
    }

    private int u16(long at) {
        VarHandle.fullFence();
        return Short.toUnsignedInt(memory.get(U16, at));
    }

    public int version() {
        return u16(VERSION);
    }

    public int descriptors() {
        return u16(DESCRIPTORS);
    }

    public int usedIndex() {
        return u16(USED_INDEX);
    }

    /** How many heads of the first queue are marked. */
    public int marked() {
        VarHandle.fullFence();
        int count = 0;
        for (int head = 0; head < queueSize; head++) {
            count += memory.get(ValueLayout.JAVA_BYTE, STATES + (long) STATE * head);
        }
        return count;
    }

    /** As a backend leaves the first queue's part after its start. */
    public void begin(int size) {
        memory.set(U16, VERSION, (short) 1);
        memory.set(U16, DESCRIPTORS, (short) size);
    }

    /** Marks a head of the first queue as taken. */
    public void mark(int head, long counter) {
        memory.set(ValueLayout.JAVA_BYTE, STATES + (long) STATE * head, (byte) 1);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, STATES + (long) STATE * head + COUNTER, counter);
    }

    public void lastBatchHead(int head) {
        memory.set(U16, LAST_BATCH_HEAD, (short) head);
    }

    /** The memory itself, for other layouts than split rings'. */
    public MemorySegment memory() {
        VarHandle.fullFence();
        return memory;
    }

    @Override
    public void close() {
        mapping.close();
        Fd.close(fd);
    }
}
