// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/** The pages of layer files that were read last, for all layers of a chain. Belongs to one thread. */
public final class PageCache implements AutoCloseable {
    /** A page in memory; it may become another one whenever a page is read. */
    static final class Page {
        final MemorySegment bytes;
        LayerReader layer;
        int index;

        Page(MemorySegment bytes) {
            this.bytes = bytes;
        }

        boolean is(LayerReader of, int number) {
            return layer == of && index == number;
        }
    }

    private record Key(int file, int page) {}

    private final Arena arena = Arena.ofShared();
    private final Map<Key, Page> pages = new LinkedHashMap<>(16, 0.75f, true);
    private final int most;
    private Page spare;

    /** @param bytes what it takes at most */
    public PageCache(long bytes) {
        this.most = (int) Math.max(1, bytes / LayerFormat.PAGE);
    }

    /** A page, read if need be. */
    Page page(LayerReader layer, int index) {
        var key = new Key(layer.file(), index);
        var known = pages.get(key);
        if (known != null && known.layer == layer) {
            return known;
        }
        var page = room();
        spare = page; // until it is read: damaged pages must not use up memory
        page.layer = null;
        layer.load(index, page.bytes);
        spare = null;
        page.layer = layer;
        page.index = index;
        pages.put(key, page);
        return page;
    }

    private Page room() {
        if (spare != null) {
            return spare;
        }
        if (pages.size() < most) {
            return new Page(arena.allocate(LayerFormat.PAGE, 8));
        }
        var oldest = pages.entrySet().iterator();
        var page = oldest.next().getValue();
        oldest.remove();
        return page;
    }

    @Override
    public void close() {
        arena.close();
    }
}
