// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.memory;

import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.VhostException.Code;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The guest's memory as the frontend shared it: an immutable table of mapped regions that translates guest addresses.
 *
 * <p>Addresses come from a hostile guest: any 64-bit value may be asked for, and is taken as unsigned. A table may be
 * read from any thread; nothing on the way of a translation allocates. It doesn't own its mappings: whoever makes a new
 * table unmaps the regions that left when no queue loop uses the older one.
 */
public final class GuestMemory {
    /** No memory at all. */
    public static final GuestMemory EMPTY = new GuestMemory(List.of());

    private final List<Region> regions;
    private final long[] guest;
    private final long[] size;
    private final long[] user;
    private final long[] host;

    private GuestMemory(List<Region> regions) {
        this.regions = List.copyOf(regions);
        int count = regions.size();
        guest = new long[count];
        size = new long[count];
        user = new long[count];
        host = new long[count];
        for (int i = 0; i < count; i++) {
            Region region = regions.get(i);
            guest[i] = region.guestAddress();
            size[i] = region.size();
            user[i] = region.userAddress();
            host[i] = region.mapping().address();
        }
    }

    /** The table with one more region. Refuses one whose guest addresses overlap another's. */
    public GuestMemory with(Region region) {
        for (Region other : regions) {
            if (region.overlaps(other)) {
                throw new VhostException(
                        Code.BAD_MEMORY, "memory " + region + " overlaps " + other + ": remove that one first");
            }
        }
        List<Region> more = new ArrayList<>(regions);
        more.add(region);
        return new GuestMemory(more);
    }

    /** The table without the region, which is in it. */
    public GuestMemory without(Region region) {
        List<Region> fewer = new ArrayList<>(regions);
        if (!fewer.remove(region)) {
            throw new IllegalArgumentException(region + " is not in the table");
        }
        return new GuestMemory(fewer);
    }

    /** The regions, in the order in which they were added. */
    public List<Region> regions() {
        return regions;
    }

    /** Which region holds the guest address, or -1. */
    public int find(long guestAddress) {
        for (int i = 0; i < guest.length; i++) {
            if (holds(i, guestAddress)) {
                return i;
            }
        }
        return -1;
    }

    /** As {@link #find(long)}, looking at region {@code hint} first, which may be any number. */
    public int find(long guestAddress, int hint) {
        if (hint >= 0 && hint < guest.length && holds(hint, guestAddress)) {
            return hint;
        }
        return find(guestAddress);
    }

    /** How many bytes there are from the address, which lies in the region, to the region's end: at least 1. */
    public long remaining(int region, long guestAddress) {
        return size[region] - (guestAddress - guest[region]);
    }

    /** Where the guest address, which lies in the region, is mapped in this process. */
    public long hostAddress(int region, long guestAddress) {
        return host[region] + (guestAddress - guest[region]);
    }

    /** The guest address of what is mapped at an address of this process; -1 where that is no guest memory. */
    public long guestAddress(long hostAddress) {
        for (int i = 0; i < host.length; i++) {
            long offset = hostAddress - host[i];
            if (Long.compareUnsigned(offset, size[i]) < 0) {
                return guest[i] + offset;
            }
        }
        return -1;
    }

    /**
     * The memory at an address of the frontend's own, as vrings are given.
     *
     * @return null unless all of it lies in one region
     */
    public MemorySegment user(long userAddress, long length) {
        if (length < 0) {
            return null;
        }
        for (int i = 0; i < user.length; i++) {
            long offset = userAddress - user[i];
            if (Long.compareUnsigned(offset, size[i]) < 0 && length <= size[i] - offset) {
                return MemorySegment.ofAddress(host[i] + offset).reinterpret(length);
            }
        }
        return null;
    }

    /** A region's last address does not wrap, so an offset below the size is inside, whatever the subtraction did. */
    private boolean holds(int region, long guestAddress) {
        return Long.compareUnsigned(guestAddress - guest[region], size[region]) < 0;
    }

    @Override
    public String toString() {
        return "GuestMemory" + Arrays.toString(regions.toArray());
    }
}
