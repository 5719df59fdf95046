// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.KeptState;
import java.util.List;

/**
 * What would be left of a history, and what would go.
 *
 * @param kept the states that would be kept before the single writes, ascending
 * @param dropped states that are kept now and would go
 * @param firstWrite the first of the single writes that would go, 0 if none
 * @param lastWrite the last of them
 * @param singlesSince when the single writes that stay begin, in microseconds since 1970
 */
public record Preview(
        List<KeptState> kept, List<KeptState> dropped, long firstWrite, long lastWrite, long singlesSince) {
    static Preview of(Catalogue now, Choice choice) {
        int gone = now.log().size() - choice.log().size();
        var segments = now.log().subList(0, gone);
        return new Preview(
                choice.kept(),
                now.kept().stream()
                        .filter(state -> !choice.kept().contains(state))
                        .toList(),
                gone == 0 ? 0 : segments.getFirst().before() + 1,
                gone == 0 ? 0 : segments.getLast().after(),
                choice.log().isEmpty()
                        ? now.account().time()
                        : choice.log().getFirst().begin());
    }
}
