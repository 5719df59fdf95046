// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import io.tidemark.vhost.handover.SaidAgain;
import io.tidemark.vhost.memory.DirtyLog;
import io.tidemark.vhost.memory.GuestMemory;
import io.tidemark.vhost.memory.Mapping;
import io.tidemark.vhost.memory.Region;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.LogDescription;
import io.tidemark.vhost.socket.Fd;
import java.lang.foreign.MemorySegment;

/** The frontend's bitmap of pages that were written, mapped. Belongs to the connection's thread. */
final class LogMemory implements AutoCloseable {
    private final Mapping mapping;
    private final DirtyLog log;
    private final SaidAgain given;

    private LogMemory(Mapping mapping, DirtyLog log, SaidAgain given) {
        this.mapping = mapping;
        this.log = log;
        this.given = given;
    }

    /** SET_LOG_BASE. Owns the descriptor from now on. */
    static LogMemory map(MemorySegment payload, int fd, GuestMemory memory) {
        try {
            long size = LogDescription.mmapSize(payload);
            long offset = LogDescription.mmapOffset(payload);
            long needed = memory.regions().stream()
                    .mapToLong(LogMemory::bytesFor)
                    .max()
                    .orElse(0);
            if (size < Math.max(needed, 1) || offset < 0 || offset > Long.MAX_VALUE - size) {
                throw refused("%s bytes at offset %s don't mark all of guest memory, which takes %d"
                        .formatted(Long.toUnsignedString(size), Long.toUnsignedString(offset), needed));
            }
            if (offset % Long.BYTES != 0) {
                throw refused("it begins at offset " + offset + ", no multiple of " + Long.BYTES);
            }
            Mapping mapping = Mapping.map(fd, offset, size);
            // Whole words: what is behind the end lies in the last page.
            long whole = Math.ceilDiv(size, Integer.BYTES) * Integer.BYTES;
            MemorySegment bits = MemorySegment.ofAddress(mapping.address()).reinterpret(whole);
            return new LogMemory(mapping, new DirtyLog(bits), new SaidAgain(FrontendRequest.SET_LOG_BASE, payload, fd));
        } catch (VhostException e) {
            Fd.close(fd);
            throw e;
        }
    }

    private static long bytesFor(Region region) {
        return DirtyLog.bytesFor(region.guestAddress() + region.size());
    }

    DirtyLog log() {
        return log;
    }

    /** What another process needs to mark in the same memory. */
    SaidAgain setUp() {
        return given;
    }

    /** No queue may be using it. */
    @Override
    public void close() {
        mapping.close();
        Fd.close(given.fd());
    }

    private static VhostException refused(String reason) {
        return new VhostException(Code.BAD_REQUEST, "the log of written pages: " + reason);
    }
}
