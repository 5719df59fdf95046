// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.catalogue.KeptState;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is forgotten with the states that go: their marks, and the gaps between them, but for those that tell a state which stays from
 * another one with its number. So the catalogue doesn't grow for ever.
 */
final class Forgotten {
    private Forgotten() {}

    static Catalogue without(Catalogue next) {
        var kept = next.kept().stream().map(KeptState::records).collect(Collectors.toSet());
        var telling = telling(next);
        long singles = next.singles();
        var account = next.account();
        return next.with(account.with(
                account.gaps().stream()
                        .filter(gap -> gap.lastRecord() >= singles || telling.contains(gap))
                        .toList(),
                account.marks().stream()
                        .filter(mark -> mark.records() > singles || kept.contains(mark.records()))
                        .toList()));
    }

    private static Set<Gap> telling(Catalogue next) {
        var gaps = next.account().gaps();
        long number = next.log().isEmpty()
                ? next.account().position()
                : next.log().getFirst().before();
        return Stream.concat(
                        next.kept().stream().map(state -> Gap.telling(gaps, state.number(), state.records())),
                        Stream.of(Gap.telling(gaps, number, next.singles())))
                .flatMap(Optional::stream)
                .collect(Collectors.toSet());
    }
}
