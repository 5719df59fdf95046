// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.disk.posix.Libc;
import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkLimits;
import io.tidemark.vhost.handover.SaidAgain;
import io.tidemark.vhost.memory.Mapping;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.InflightDescription;
import io.tidemark.vhost.queue.InflightLayout;
import io.tidemark.vhost.socket.Fd;
import java.lang.foreign.MemorySegment;

/**
 * The memory in which the queues note what is in flight (vhost-user.rst, "Inflight I/O tracking"): made here, kept by the
 * frontend, and handed to the next backend when this one has died. Belongs to the connection's thread.
 */
final class InflightMemory implements AutoCloseable {
    private static final int MFD_CLOEXEC = 1;

    private final Mapping mapping;
    private final SaidAgain given;
    private final int queues;
    private final int queueSize;
    private final boolean packed;

    private InflightMemory(Mapping mapping, SaidAgain given, int queues, int queueSize, boolean packed) {
        this.mapping = mapping;
        this.given = given;
        this.queues = queues;
        this.queueSize = queueSize;
        this.packed = packed;
    }

    /**
     * GET_INFLIGHT_FD: fresh memory for so many queues. It isn't used before the frontend has given it back.
     *
     * @param features those negotiated: the kind of ring decides about the layout
     */
    static Reply make(MemorySegment payload, int rings, long features) {
        long size = size(payload, rings, packed(features));
        int fd = Libc.C.memfd_create("tidemark-inflight", MFD_CLOEXEC);
        if (fd < 0 || Libc.C.ftruncate(fd, size) != 0) {
            String reason = Libc.describe(Libc.errno());
            Fd.close(fd);
            throw refused(size + " bytes can't be had: " + reason);
        }
        return new Reply(
                InflightDescription.of(
                        size, 0, InflightDescription.queues(payload), InflightDescription.queueSize(payload)),
                fd);
    }

    /** SET_INFLIGHT_FD: memory from this backend or from one before it. Owns the descriptor from now on. */
    static InflightMemory map(MemorySegment payload, int fd, int rings, long features) {
        try {
            long size = size(payload, rings, packed(features));
            long offset = InflightDescription.mmapOffset(payload);
            if (InflightDescription.mmapSize(payload) < size || offset < 0 || offset > Long.MAX_VALUE - size) {
                throw refused(Long.toUnsignedString(InflightDescription.mmapSize(payload)) + " bytes at offset "
                        + Long.toUnsignedString(offset) + " hold less than the " + size + " of the queues");
            }
            return new InflightMemory(
                    Mapping.map(fd, offset, size),
                    new SaidAgain(FrontendRequest.SET_INFLIGHT_FD, payload, fd),
                    InflightDescription.queues(payload),
                    InflightDescription.queueSize(payload),
                    packed(features));
        } catch (VhostException e) {
            Fd.close(fd);
            throw e;
        }
    }

    /** What another process needs to see the same memory. */
    SaidAgain setUp() {
        return given;
    }

    private static boolean packed(long features) {
        return BlkFeatures.has(features, BlkFeatures.RING_PACKED);
    }

    private static long size(MemorySegment payload, int rings, boolean packed) {
        int queues = InflightDescription.queues(payload);
        int queueSize = InflightDescription.queueSize(payload);
        if (queues < 1 || queues > rings || queueSize < 1 || queueSize > BlkLimits.MAX_QUEUE_SIZE) {
            throw refused(queues + " queues of " + queueSize + ": up to " + rings + " of " + BlkLimits.MAX_QUEUE_SIZE
                    + " are possible");
        }
        return queues * InflightLayout.stride(queueSize, packed);
    }

    /** A ring's part; null for a ring that it has none for, or that is of another kind. */
    MemorySegment of(int queue, int size, long features) {
        if (queue >= queues || size > queueSize || packed != packed(features)) {
            return null;
        }
        long stride = InflightLayout.stride(queueSize, packed);
        return MemorySegment.ofAddress(mapping.address() + queue * stride).reinterpret(stride);
    }

    /** The rings must have been stopped. */
    @Override
    public void close() {
        mapping.close();
        Fd.close(given.fd());
    }

    private static VhostException refused(String reason) {
        return new VhostException(Code.BAD_REQUEST, "the record of requests in flight: " + reason);
    }
}
