// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import io.tidemark.disk.posix.Libc;
import io.tidemark.vhost.memory.Mapping;
import io.tidemark.vhost.memory.Region;
import io.tidemark.vhost.socket.Fd;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Shared memory between canaries, between guard pages: whoever writes right beside it is found by {@link #check}, whoever
 * touches more than that dies at once.
 */
public final class GuardedRam implements AutoCloseable {
    /** Not a multiple of a page, as guests' regions aren't. */
    private static final int CANARY = 2048;

    private static final byte CANARY_BYTE = (byte) 0xc5;
    private static final int TRIES = 64;

    private final Region region;
    private final MemorySegment memory;
    private final MemorySegment before;
    private final MemorySegment behind;
    private final byte[] canaryBefore = new byte[CANARY];
    private final byte[] canaryBehind;

    /**
     * @param guestAddress where the guest sees it
     * @param userAddress where the frontend sees it
     * @param size in bytes, any
     */
    public GuardedRam(long guestAddress, long userAddress, int size) {
        int mapped = Math.ceilDiv(CANARY + size, Guard.PAGE) * Guard.PAGE;
        Mapping mapping = map(mapped);
        region = new Region(guestAddress, size, userAddress, CANARY, mapping);
        long start = mapping.address() - CANARY;
        Guard.protect(start + mapped);
        MemorySegment all = MemorySegment.ofAddress(start).reinterpret(mapped);
        before = all.asSlice(0, CANARY).fill(CANARY_BYTE);
        behind = all.asSlice(CANARY + size).fill(CANARY_BYTE);
        before.asByteBuffer().get(canaryBefore);
        canaryBehind = behind.toArray(ValueLayout.JAVA_BYTE);
        memory = all.asSlice(CANARY, size);
    }

    /** With a page to spare behind it, and a guard before it. */
    private static Mapping map(int bytes) {
        int fd = Libc.C.memfd_create("guest-fuzzed", 1);
        try {
            Finding.unless(fd >= 0 && Libc.C.ftruncate(fd, bytes + Guard.PAGE) == 0, "no memfd");
            for (int i = 0; i < TRIES; i++) {
                // Where the place below it is taken, it stays, and the next one finds another place.
                Mapping mapping = Mapping.map(fd, CANARY, bytes + Guard.PAGE - CANARY);
                if (Guard.claim(mapping.address() - CANARY - Guard.PAGE)) {
                    return mapping;
                }
            }
            throw new IllegalStateException("no free place for a guard page");
        } finally {
            Fd.close(fd);
        }
    }

    public Region region() {
        return region;
    }

    public MemorySegment memory() {
        return memory;
    }

    public long guestAddress() {
        return region.guestAddress();
    }

    public long size() {
        return memory.byteSize();
    }

    /** Whether a stretch of this process's memory lies inside. */
    public boolean holds(long address, long length) {
        long offset = address - memory.address();
        return offset >= 0 && length >= 0 && offset <= memory.byteSize() && length <= memory.byteSize() - offset;
    }

    /** Fills it with zeros. */
    public void clear() {
        memory.fill((byte) 0);
    }

    /** @throws Finding where something was written beside it */
    public void check() {
        boolean whole = before.mismatch(MemorySegment.ofArray(canaryBefore)) < 0
                && behind.mismatch(MemorySegment.ofArray(canaryBehind)) < 0;
        if (!whole) {
            before.fill(CANARY_BYTE);
            behind.fill(CANARY_BYTE);
            throw new Finding("memory beside the guest's was written");
        }
    }

    @Override
    public void close() {
        region.mapping().close();
    }
}
