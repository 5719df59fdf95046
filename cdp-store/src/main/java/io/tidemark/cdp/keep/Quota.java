// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.StoredBytes;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.LayerEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** How much must go at the least for a history to fit a quota: a step towards it, never one too far. */
record Quota(int states, int segments) {
    /**
     * What goes with a state is no more than what the layer behind it holds: the versions that hide those before them.
     *
     * @param choice what the rules leave
     */
    static Quota least(Catalogue now, Choice choice, StoredBytes bytes, long quota) {
        long unpacked = 0;
        for (long each : Packing.needed(now).values()) {
            unpacked += each;
        }
        double ratio = unpacked == 0 ? 1 : Math.min(1, (double) bytes.content() / unpacked);
        double excess = bytes.total() - quota;
        // States first: they are older than all single writes.
        int states = count(behindStates(now, choice), ratio, excess);
        int segments = choice.loose() == 0 && choice.log().size() > 1 ? 1 : 0;
        return new Quota(Math.min(states, choice.loose()), segments);
    }

    private static int count(List<Long> sizes, double ratio, double excess) {
        int count = 0;
        for (double gone = 0; count < sizes.size() && gone < excess; count++) {
            gone += sizes.get(count) * ratio;
        }
        return count;
    }

    private static List<Long> behindStates(Catalogue now, Choice choice) {
        if (choice.loose() == 0) {
            return List.of();
        }
        var sizes = new ArrayList<>(Collections.nCopies(choice.kept().size(), 0L));
        for (int i = 0; i < choice.kept().size(); i++) {
            long from = choice.kept().get(i).records();
            long to = i + 1 < choice.kept().size() ? choice.kept().get(i + 1).records() : now.singles();
            for (var layer : now.layers()) {
                if (layer.kind() != LayerEntry.Kind.SPAN && layer.to() > from && layer.to() <= to) {
                    sizes.set(i, sizes.get(i) + size(layer));
                }
            }
        }
        return sizes;
    }

    private static long size(LayerEntry layer) {
        return layer.bytes()
                + layer.needed().stream().mapToLong(LayerEntry.Need::bytes).sum();
    }
}
