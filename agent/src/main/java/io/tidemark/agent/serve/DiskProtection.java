// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.config.ProtectionWish;
import io.tidemark.agent.config.ProtectionWish.State;
import io.tidemark.agent.history.HistoryKeeper;
import io.tidemark.agent.status.MarkStatus;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreName;
import io.tidemark.disk.Image;
import io.tidemark.filters.capture.WriteClock;
import io.tidemark.filters.protect.FilterSwitch;
import io.tidemark.filters.protect.NotedChanges;
import io.tidemark.filters.protect.Protection;
import io.tidemark.filters.protect.ProtectionLimits;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A served disk's history and protection, as they are wished by its configuration or have been since. Once the disk
 * is served, it is changed with the lock of who has the image, but for {@link #shared} and {@link #close}; asked by any thread.
 */
final class DiskProtection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DiskProtection.class);

    private final DiskConfig config;
    private final Image image;
    private final FilterSwitch loops;
    private volatile Optional<StoreHistory> history = Optional.empty();
    private volatile Optional<Protection> protection = Optional.empty();
    private volatile Optional<ProtectionWish> protectionSet = Optional.empty();

    /** What stands in the loops' way of a disk that was another agent's, until it has a history here. */
    private Optional<NotedChanges> noted = Optional.empty();

    /** Whether another agent may write to the image. */
    private volatile boolean shared;

    /** The number under which that one has left its intent map. */
    private int heir;

    /** Null for a disk that nothing is ever recorded of. */
    private WriteClock clock;

    DiskProtection(DiskConfig config, Image image, FilterSwitch loops) {
        this.config = config;
        this.image = image;
        this.loops = loops;
    }

    /** How it is kept now; empty without a history. */
    Optional<Protection> now() {
        return protection;
    }

    /** What it is recorded in; empty without one. */
    Optional<StoreHistory> history() {
        return history;
    }

    /** What was wished since the disk is served, if anything was. */
    Optional<ProtectionWish> set() {
        return protectionSet;
    }

    private ProtectionWish wish() {
        return protectionSet.orElseGet(config::protection);
    }

    /** Goes on for another agent, as this heir of its. Before anything is begun. */
    void inherit(int number) {
        heir = number;
    }

    /** What was wished of that agent. */
    void inherit(ProtectionWish wish) {
        protectionSet = Optional.of(wish);
    }

    /** That agent may still write the history: what is changed until it is begun here is noted. */
    void noteChanges() {
        noted = Optional.of(new NotedChanges());
        loops.filters(List.of(noted.get())).join();
    }

    /**
     * Begins as is wished. Before anybody can connect, if the disk is opened: the guest's first write is recorded.
     *
     * @param mine whether the image is this agent's to use by now
     */
    void begin(WriteClock clock, boolean mine) {
        this.clock = clock;
        wish().store().ifPresentOrElse(store -> prepareProtection(clock, store), this::withoutStore);
        if (mine) {
            try {
                protectAsWished();
            } catch (CompletionException e) {
                StoreHistory opener = history.orElseThrow();
                if (!opener.isKnown() || isMistake(e.getCause())) {
                    throw VhostDisk.translated(e.getCause());
                }
                LOG.error(
                        "disk {}: its store can't be had, though there is a history (if there is none any more, delete {});"
                                + " the disk is served, and compared with it when the store is back: {}",
                        config.id(),
                        opener.knownBy(),
                        e.getCause().getMessage());
            }
        }
    }

    /**
     * Does what is wished from now on.
     *
     * @param mine whether the image is this agent's to use now
     */
    void change(ProtectionWish wanted, boolean mine) {
        ProtectionSwitch orders = new ProtectionSwitch(config.id(), wish(), protection);
        switch (wanted.state()) {
            case ON -> protectIn(orders.storeFor(wanted), orders, mine);
            case PAUSED -> {
                orders.checkPause();
                wishes(State.PAUSED);
                if (mine) {
                    orders.pause();
                }
            }
            case OFF -> {
                wishes(State.OFF);
                orders.end();
                history.ifPresent(StoreHistory::close);
            }
        }
    }

    private void wishes(State state) {
        protectionSet = Optional.of(
                new ProtectionWish(state, history.map(StoreHistory::name).or(() -> wish().store())));
    }

    private void protectIn(StoreName store, ProtectionSwitch orders, boolean mine) {
        if (clock == null) {
            throw new AgentException(
                    Code.REFUSED,
                    "disk " + config.id(),
                    "a past has no history of its own",
                    "serve its image as a disk");
        }
        Optional<StoreHistory> formerHistory = history;
        Optional<Protection> former = protection;
        boolean other =
                formerHistory.filter(known -> known.name().equals(store)).isEmpty();
        if (other) {
            prepareProtection(clock, store);
        }
        Protection guard = protection.orElseThrow();
        try {
            Optional<AgentException> late = mine ? orders.begin(guard, store) : Optional.empty();
            if (late.isPresent() && other) {
                throw late.get();
            }
            wishes(State.ON);
            if (other) {
                closeMeanwhile(former);
            }
            late.ifPresent(e -> {
                throw e;
            });
        } catch (RuntimeException e) {
            if (other
                    && protectionSet
                            .filter(set -> set.store().equals(Optional.of(store)))
                            .isEmpty()) {
                history = formerHistory;
                protection = former;
                closeMeanwhile(Optional.of(guard));
            }
            throw e;
        }
    }

    /** It is off; but its store may hang. */
    private void closeMeanwhile(Optional<Protection> guard) {
        guard.ifPresent(ended -> Thread.startVirtualThread(ended::close));
    }

    private void prepareProtection(WriteClock clock, StoreName store) {
        StoreHistory opener =
                new StoreHistory(store, config, () -> image.geometry().capacity(), clock);
        history = Optional.of(opener);
        Protection guard = new Protection(
                config.id(),
                loops,
                new ImageReader(image),
                opener,
                clock,
                ProtectionLimits.DEFAULT.with(config.durability()),
                Optional.of(new DiskIntent(config, image)));
        noted.ifPresent(changes -> guard.inherit(changes, heir));
        noted = Optional.empty();
        protection = Optional.of(guard);
        if (shared) {
            guard.shared(true);
        }
    }

    /** It has no history here. */
    private void withoutStore() {
        new DiskIntent(config, image).forgetIfPossible();
        dropNotes();
    }

    private void dropNotes() {
        if (noted.isPresent()) {
            noted = Optional.empty();
            loops.filters(List.of()).join();
        }
    }

    /** Protects as is wished; if that fails, the guest still has its disk, and the log tells. */
    void tryToGoOn() {
        try {
            protectAsWished();
        } catch (CompletionException e) {
            LOG.error(
                    "disk {}: not protected yet: {}", config.id(), e.getCause().getMessage());
        }
    }

    private void protectAsWished() {
        protection.ifPresent(guard -> {
            switch (wish().state()) {
                case ON -> guard.enable().join();
                case PAUSED -> guard.pause().join();
                case OFF -> guard.disable().join();
            }
        });
    }

    /** What no store that comes back will change. */
    private static boolean isMistake(Throwable cause) {
        return cause instanceof StoreException e
                && (e.code() == StoreException.Code.BAD_NAME
                        || e.code() == StoreException.Code.UNSUPPORTED
                        || e.code() == StoreException.Code.WRONG_SIZE);
    }

    /** The disk may be larger from now on: its history is opened anew by {@link #tryToGoOn}, and until then there is a gap. */
    void standBy() {
        protection.ifPresent(guard -> guard.standBy().join());
        history.ifPresent(StoreHistory::close);
    }

    /** The image is another agent's from now on. */
    void end() {
        protection.ifPresent(guard -> guard.disable().join());
        history.ifPresent(StoreHistory::close);
        dropNotes(); // of what is changed elsewhere they know nothing
    }

    /** Another agent may write to the image from now on, or not any more. From any thread. */
    void shared(boolean withOthers) {
        shared = withOthers; // first: whoever begins a history meanwhile looks behind that
        protection.ifPresent(guard -> guard.shared(withOthers));
    }

    MarkStatus mark(String name) {
        Protection guard = protection.orElseThrow(() -> new AgentException(
                Code.REFUSED, "disk " + config.id(), "it has no history to mark", "serve it with a store"));
        return new MarkAnswers(name).of(config.id(), guard.mark(name));
    }

    /** Who keeps the history small. */
    HistoryKeeper keeper() {
        return history.flatMap(StoreHistory::keeper)
                .orElseThrow(() -> new AgentException(
                        Code.REFUSED,
                        "disk " + config.id(),
                        "it has no history that is being written",
                        "serve it with a store, and wait until that can be opened"));
    }

    /** Hands on what was captured, and ends the history. */
    @Override
    public void close() {
        protection.ifPresent(Protection::close);
        history.ifPresent(StoreHistory::close);
    }
}
