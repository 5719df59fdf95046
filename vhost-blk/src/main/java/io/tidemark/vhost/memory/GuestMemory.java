// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.memory;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The guest's memory as far as the frontend has shared it: an immutable table of mapped regions. Addresses come from the
 * guest, so every method is safe for all 64-bit values. Finding an address allocates nothing.
 */
public final class GuestMemory {
    /** No memory at all. */
    public static final GuestMemory EMPTY = new GuestMemory(List.of());

    private final List<Region> regions;
    private final long[] guestStart;
    private final long[] sizes;
    private final long[] userStart;
    private final MemorySegment[] mappings;
    private final long[] hostStart;

    private GuestMemory(List<Region> regions) {
        this.regions = List.copyOf(regions);
        int count = regions.size();
        guestStart = new long[count];
        sizes = new long[count];
        userStart = new long[count];
        mappings = new MemorySegment[count];
        hostStart = new long[count];
        for (int i = 0; i < count; i++) {
            Region region = regions.get(i);
            guestStart[i] = region.guestAddress();
            sizes[i] = region.size();
            userStart[i] = region.userAddress();
            mappings[i] = region.memory();
            hostStart[i] = region.memory().address();
        }
    }

    public List<Region> regions() {
        return regions;
    }

    /** A table that has this region too. */
    public GuestMemory with(Region region) {
        List<Region> more = new ArrayList<>(regions);
        more.add(region);
        return new GuestMemory(more);
    }

    /** A table that doesn't have this region. */
    public GuestMemory without(Region region) {
        List<Region> fewer = new ArrayList<>(regions);
        fewer.remove(region);
        return new GuestMemory(fewer);
    }

    /**
     * Which region a guest address lies in.
     *
     * @param hint the region to try first: neighbours in time are neighbours in space
     * @return its index, or -1
     */
    public int find(long guestAddress, int hint) {
        if (hint < sizes.length && Long.compareUnsigned(guestAddress - guestStart[hint], sizes[hint]) < 0) {
            return hint;
        }
        return find(guestAddress);
    }

    /** Which region a guest address lies in, or -1. */
    public int find(long guestAddress) {
        for (int i = 0; i < sizes.length; i++) {
            if (Long.compareUnsigned(guestAddress - guestStart[i], sizes[i]) < 0) {
                return i;
            }
        }
        return -1;
    }

    /** How many bytes there are from an address in a region to the region's end. */
    public long remaining(int region, long guestAddress) {
        return sizes[region] - (guestAddress - guestStart[region]);
    }

    /** Where an address in a region is mapped. */
    public long hostAddress(int region, long guestAddress) {
        return hostStart[region] + (guestAddress - guestStart[region]);
    }

    /** A region's memory. */
    public MemorySegment mapping(int region) {
        return mappings[region];
    }

    /** Where in its region's memory an address lies. */
    public long offset(int region, long guestAddress) {
        return guestAddress - guestStart[region];
    }

    /** The memory at an address of the frontend's own, or null if not all of it lies in one region. */
    public MemorySegment user(long userAddress, long length) {
        for (int i = 0; i < sizes.length; i++) {
            long offset = userAddress - userStart[i];
            if (Long.compareUnsigned(offset, sizes[i]) < 0 && length <= sizes[i] - offset) {
                return mappings[i].asSlice(offset, length);
            }
        }
        return null;
    }
}
