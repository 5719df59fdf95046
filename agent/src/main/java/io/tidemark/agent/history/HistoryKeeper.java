// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoredBytes;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.keep.Keeper;
import io.tidemark.cdp.keep.Preview;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.write.HistoryWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Orders to the keeper of a history, whoever runs it. */
public final class HistoryKeeper {
    /** How long what was told of a disk may be on its way to the store for who waits for it. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final History history;
    private final Keeper keeper;
    private final Optional<HistoryWriter> writer;

    /** @param writer who writes the history, if anybody does */
    public HistoryKeeper(History history, Keeper keeper, Optional<HistoryWriter> writer) {
        this.history = history;
        this.keeper = keeper;
        this.writer = writer;
    }

    /** What the order would do. */
    public RetentionReport preview(RetentionOrder order) {
        try {
            Retention retention = order.on(keeper.retention());
            return report(retention, keeper.preview(retention, before(order)), Optional.empty());
        } catch (StoreException e) {
            throw AgentException.of(e);
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
            throw AgentException.of(e);
        }
    }

    /** Has the newest mark of a name survive every rule, or takes that back. Waits for one that was set but isn't in the store yet. */
    public void lock(String name, boolean locked) {
        writer.ifPresent(this::awaitTold);
        try (HistoryReader reader = HistoryReader.open(history, writer.isPresent())) {
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
            throw AgentException.of(e);
        }
    }

    private void awaitTold(HistoryWriter log) {
        try {
            if (log.awaitTold(log.told(), PATIENCE)) {
                return;
            }
        } catch (StoreException e) {
            throw AgentException.of(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new AgentException(
                Code.IO,
                "disk " + history.disk(),
                "its newest records, and perhaps the mark, are not in the store yet",
                "look after the store, and ask again when it has caught up");
    }

    private long before(RetentionOrder order) {
        if (order.before() == null) {
            return 0;
        }
        try (HistoryReader reader = HistoryReader.open(history, writer.isPresent())) {
            return reader.resolve(Point.parse(order.before(), Instant.now())).records();
        }
    }

    private RetentionReport report(Retention retention, Preview preview, Optional<String> putOff) {
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
    }
}
