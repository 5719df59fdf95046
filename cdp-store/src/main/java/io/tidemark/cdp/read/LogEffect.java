// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.History;
import io.tidemark.cdp.catalogue.Catalogue;
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
     * @param to how many up to its last
     */
    public static Layer of(History history, Catalogue catalogue, long from, long to) throws IOException {
        var segment = catalogue.log().stream()
                .filter(known -> known.first() == from && to <= known.last())
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("records " + from + " to " + to));
        int records = (int) (to - from);
        var effect = new MemoryLayer();
        try (var loaded = LoadedSegment.load(history, segment)) {
            loaded.check(history, segment);
            if (!loaded.reachesBack(records)) {
                loaded.effect(records, effect);
                return effect;
            }
            try (var log = Log.open(history, catalogue);
                    var cache = new PageCache(CACHE);
                    var below = Chain.open(history, catalogue, log, from, cache, new HashSet<>())) {
                loaded.effect(records, new Undercut(below.stack(), segment.before(), effect));
            }
            return effect;
        }
    }
}
