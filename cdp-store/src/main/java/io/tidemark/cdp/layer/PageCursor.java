// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import io.tidemark.cdp.format.Le;

/** A cursor over a layer file. */
final class PageCursor implements LayerCursor {
    private final LayerReader layer;
    private final PageCache cache;
    private PageCache.Page page;
    private int index;
    private int entry = -1;
    private int count;

    PageCursor(LayerReader layer, PageCache cache) {
        this.layer = layer;
        this.cache = cache;
    }

    @Override
    public boolean seek(long offset) {
        if (layer.pages() == 0) {
            return false;
        }
        open(layer.pageOf(offset));
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (end(middle) <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        entry = low - 1;
        return next();
    }

    @Override
    public boolean next() {
        if (layer.pages() == 0) {
            return false;
        }
        if (page == null) {
            open(0);
        }
        if (entry + 1 < count) {
            entry++;
            return true;
        }
        if (index + 1 >= layer.pages()) {
            return false;
        }
        open(index + 1);
        entry = 0;
        return true;
    }

    private void open(int number) {
        page = cache.page(layer, number);
        index = number;
        entry = -1;
        count = page.bytes.get(Le.U32, LayerFormat.PAGE_COUNT);
    }

    /** The page, which others may have pushed out of the cache. */
    private PageCache.Page page() {
        if (!page.is(layer, index)) {
            page = cache.page(layer, index);
        }
        return page;
    }

    private long at(int of) {
        return LayerFormat.ENTRIES + (long) of * LayerFormat.ENTRY;
    }

    private int u32(int field) {
        return page().bytes.get(Le.U32, at(entry) + field);
    }

    private long end(int of) {
        var bytes = page().bytes;
        return bytes.get(Le.U64, at(of) + LayerFormat.OFFSET)
                + (long) bytes.get(Le.U32, at(of) + LayerFormat.LENGTH) * LayerFormat.SECTOR;
    }

    @Override
    public long offset() {
        return page().bytes.get(Le.U64, at(entry) + LayerFormat.OFFSET);
    }

    @Override
    public long end() {
        return end(entry);
    }

    @Override
    public long number() {
        return page().bytes.get(Le.U64, at(entry) + LayerFormat.NUMBER);
    }

    @Override
    public int segment() {
        return u32(LayerFormat.SEGMENT);
    }

    @Override
    public long block() {
        return u32(LayerFormat.BLOCK);
    }

    @Override
    public int inBlock() {
        return u32(LayerFormat.IN_BLOCK) & ~LayerFormat.WHOLE;
    }

    @Override
    public boolean isWhole() {
        return (u32(LayerFormat.IN_BLOCK) & LayerFormat.WHOLE) != 0;
    }

    @Override
    public int checksum() {
        return u32(LayerFormat.CHECKSUM);
    }
}
