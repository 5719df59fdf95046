// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.KeptState;
import java.util.stream.Collectors;

/** What is forgotten with the states that go: their marks, and the gaps between them. So the catalogue doesn't grow for ever. */
final class Forgotten {
    private Forgotten() {}

    static Catalogue without(Catalogue next) {
        var kept = next.kept().stream().map(KeptState::records).collect(Collectors.toSet());
        long singles = next.singles();
        var account = next.account();
        return next.with(account.with(
                account.gaps().stream()
                        .filter(gap -> gap.lastRecord() >= singles)
                        .toList(),
                account.marks().stream()
                        .filter(mark -> mark.records() > singles || kept.contains(mark.records()))
                        .toList()));
    }
}
