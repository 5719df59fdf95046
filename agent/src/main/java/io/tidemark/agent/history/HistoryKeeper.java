// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.serve.Failures;
import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.keep.Keeper;
import io.tidemark.cdp.keep.Preview;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.cdp.keep.StoredBytes;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Micros;
import io.tidemark.cdp.read.Point;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/** Orders to the keeper of a history, whoever runs it. */
public final class HistoryKeeper {
    private final History history;
    private final Keeper keeper;
    private final boolean running;

    /** @param running whether the history is being written */
    public HistoryKeeper(History history, Keeper keeper, boolean running) {
        this.history = history;
        this.keeper = keeper;
        this.running = running;
    }

    /** What the order would do. */
    public RetentionReport preview(RetentionOrder order) {
        try {
            Retention retention = order.on(keeper.retention());
            return report(retention, keeper.preview(retention, before(order)), Optional.empty());
        } catch (StoreException e) {
            throw Failures.of(e);
        }
    }

    /** Carries the order out: sets what is kept, and takes away what goes by that. */
    public RetentionReport retain(RetentionOrder order) {
        try {
            long before = before(order);
            Retention retention = order.on(keeper.retention());
            Preview goes = keeper.preview(retention, before);
            keeper.retain(retention);
            Optional<String> putOff =
                    order.isEmpty() ? Optional.empty() : keeper.round(before).putOff();
            return report(retention, goes, putOff);
        } catch (StoreException e) {
            throw Failures.of(e);
        }
    }

    /** Has the newest mark of a name survive every rule, or takes that back. */
    public void lock(String name, boolean locked) {
        try (HistoryReader reader = HistoryReader.open(history, running)) {
            var mark = reader.marks().reversed().stream()
                    .filter(each -> each.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new AgentException(
                            Code.NOT_FOUND,
                            "disk " + history.disk(),
                            "its history has no mark \"" + name + "\"",
                            "see tidemark history for those it has"));
            keeper.lock(mark, locked);
        } catch (StoreException e) {
            throw Failures.of(e);
        }
    }

    private long before(RetentionOrder order) {
        if (order.before() == null) {
            return 0;
        }
        try (HistoryReader reader = HistoryReader.open(history, running)) {
            return reader.resolve(Point.parse(order.before(), Instant.now())).records();
        }
    }

    private RetentionReport report(Retention retention, Preview preview, Optional<String> putOff) {
        try {
            return new RetentionReport(
                    history.disk(),
                    retention.rules().toString(),
                    retention.quota().isPresent() ? retention.quota().getAsLong() : null,
                    preview.singlesSince() == 0 ? null : Micros.instant(preview.singlesSince()),
                    preview.kept().stream()
                            .map(state -> new RetentionReport.Kept(state.number(), Micros.instant(state.time())))
                            .toList(),
                    new RetentionReport.Going(preview.dropped().size(), preview.firstWrite(), preview.lastWrite()),
                    StoredBytes.of(history).total(),
                    putOff.orElse(null));
        } catch (IOException e) {
            throw StoreException.of("history of " + history.disk(), e);
        }
    }
}
