// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.config.ProtectionWish;
import io.tidemark.agent.config.ProtectionWish.State;
import io.tidemark.cdp.StoreName;
import io.tidemark.filters.protect.Protection;
import io.tidemark.filters.protect.ProtectionState;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One order for a disk's protection: whether it may be, and how long it is waited for.
 *
 * @param wish what held until now
 */
record ProtectionSwitch(String disk, ProtectionWish wish, Optional<Protection> protection) {
    /** A store that takes longer is waited for by the protection thread alone. */
    private static final long PATIENCE_SECONDS = 10;

    /** The store of a disk that is to be on. */
    StoreName storeFor(ProtectionWish wanted) {
        StoreName store = wanted.store()
                .or(wish::store)
                .orElseThrow(() -> new AgentException(
                        Code.REFUSED,
                        "disk " + disk,
                        "it has no store",
                        "name one: protect " + disk + " --store STORE"));
        boolean moves = wish.store().filter(now -> !now.equals(store)).isPresent();
        if (moves && wish.state() != State.OFF) {
            throw new AgentException(
                    Code.REFUSED,
                    "disk " + disk,
                    "its history is being written in " + wish.store().get(),
                    "switch protection off before you name another store");
        }
        return store;
    }

    /**
     * What was off and can't be switched on stays off.
     *
     * @return that it is not done yet, but will be
     */
    Optional<AgentException> begin(Protection guard, StoreName store) {
        boolean wasOff = guard.status().state() == ProtectionState.OFF;
        try {
            return await(guard.enable(), "the store " + store + " has not answered within " + PATIENCE_SECONDS + " s");
        } catch (ExecutionException e) {
            if (wasOff) {
                guard.disable();
            }
            throw VhostDisk.translated(e.getCause());
        }
    }

    void checkPause() {
        if (wish.state() == State.OFF) {
            throw new AgentException(
                    Code.REFUSED, "disk " + disk, "nothing is recorded that could be paused", "protect it first");
        }
    }

    void pause() {
        tell(protection.map(Protection::pause), "its protection is busy");
    }

    void end() {
        tell(
                protection.map(Protection::disable),
                "nothing is recorded any more, but the end of its history still waits for its store");
    }

    private void tell(Optional<CompletableFuture<Void>> told, String late) {
        if (told.isPresent()) {
            try {
                await(told.get(), late).ifPresent(e -> {
                    throw e;
                });
            } catch (ExecutionException e) {
                throw VhostDisk.translated(e.getCause());
            }
        }
    }

    private Optional<AgentException> await(CompletableFuture<Void> answer, String late) throws ExecutionException {
        try {
            answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return Optional.empty();
        } catch (TimeoutException e) {
            return Optional.of(
                    new AgentException(Code.IO, "disk " + disk, late, "it goes on by itself; see its status"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AgentException(Code.IO, "disk " + disk, "interrupted", "see its status");
        }
    }
}
