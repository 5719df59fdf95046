// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.catalogue.KeptState;
import io.tidemark.cdp.keep.HistoryKeeping;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.cdp.keep.RetentionRule;
import io.tidemark.cdp.keep.RetentionRules;
import io.tidemark.cdp.write.HistoryWriter;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The same of a history of many log segments with layers and spans; and of one that is thinned. */
class LookingBackByLayersProperty extends LookingBackProperty {
    @Override
    HistoryWriter writer() {
        return Histories.tinyWriter(history);
    }

    @Override
    void written() throws IOException {
        keeping();
    }

    private HistoryKeeping keeping() throws IOException {
        var keeping = HistoryKeeping.open(history, () -> model.time, () -> Long.MAX_VALUE, () -> false, what -> {
            throw new AssertionError(what);
        });
        keeping.makeLayers(Integer.MAX_VALUE - 1);
        return keeping;
    }

    @Test
    void betweenKeptStatesItIsToldWithoutRecords() throws IOException {
        var rules = new RetentionRules(
                List.of(new RetentionRule(20_000, RetentionRule.EVERY_WRITE), new RetentionRule(400_000, 10_000)));
        var keeping = keeping();
        keeping.retain(new Retention(rules, OptionalLong.empty()));
        reader.close();
        assertThat(keeping.round(0).putOff()).isEmpty();
        reader = HistoryReader.open(history, false);
        var states =
                reader.kept().stream().map(LookingBackByLayersProperty::state).toList();
        assertThat(states).as("seed %s", seed).hasSizeGreaterThan(3);
        for (int round = 0; round < 40; round++) {
            var from = states.get(random.nextInt(states.size()));
            var to = round % 2 == 0 ? states.get(random.nextInt(states.size())) : reader.end();
            var what = "write:" + from.number() + ".." + to.number() + ", seed " + seed;
            assertThat(reader.tellsChanges(from, to)).as(what).isTrue();
            var differing = byContent(from, to);
            assertThat(changed(from, to, true, what)).as(what).isEqualTo(differing);
            differing.andNot(changed(from, to, false, what));
            assertThat(differing.isEmpty()).as(what).isTrue();
        }
    }

    private static State state(KeptState kept) {
        return new State(kept.number(), kept.time(), kept.records());
    }
}
