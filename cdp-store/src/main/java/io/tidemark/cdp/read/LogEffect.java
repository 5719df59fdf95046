// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.layer.ExtentSink;
import io.tidemark.cdp.layer.Layer;
import io.tidemark.cdp.layer.MemoryLayer;
import io.tidemark.cdp.layer.PageCache;
import io.tidemark.cdp.layer.Undercut;
import java.io.IOException;
import java.util.HashSet;

/** The net effect of the first part of a log segment, for a state in the middle of it that is to be kept. */
public final class LogEffect {
    private static final long CACHE = 2 << 20;

    private LogEffect() {}

    /**
     * @param from how many records lie before it: the begin of a log segment that the catalogue knows
     * @param upTo how many up to its last
     * @param after what these had written already is left out, where that is easily told
     */
    public static Layer of(History history, Catalogue catalogue, long from, long upTo, long after) throws IOException {
        var segment = catalogue.log().stream()
                .filter(known -> known.first() == from && upTo <= known.last())
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("records " + from + " to " + upTo));
        int records = (int) (upTo - from);
        var effect = new MemoryLayer();
        try (var loaded = LoadedSegment.load(history, segment)) {
            loaded.check(history, segment);
            var to = later(loaded, (int) Math.max(0, after - from), records, effect);
            if (!loaded.reachesBack(records)) {
                loaded.effect(records, to);
                return effect;
            }
            try (var log = Log.open(history, catalogue);
                    var cache = new PageCache(CACHE);
                    var below = Chain.open(history, catalogue, log, from, cache, new HashSet<>())) {
                loaded.effect(records, new Undercut(below.stack(), segment.before(), to));
            }
            return effect;
        }
    }

    /** Without writes that are known: but what was read in a gap says nothing of when. */
    private static ExtentSink later(LoadedSegment loaded, int known, int records, ExtentSink to) {
        var log = loaded.log();
        for (int i = known; i < records; i++) {
            if (Kind.isSync(log.kind(i))) {
                return to;
            }
        }
        long last = known == 0 ? 0 : log.positionAt(known);
        return (offset, length, number, segment, block, inBlock, whole, checksum) -> {
            if (number > last) {
                to.add(offset, length, number, segment, block, inBlock, whole, checksum);
            }
        };
    }
}
