// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import io.tidemark.cdp.StoreName;
import java.util.Optional;

/**
 * Whether a disk is to be protected, and where its history is kept.
 *
 * @param store none: where it was kept before; a disk that is served without a store and was given none has none
 */
public record ProtectionWish(State state, Optional<StoreName> store) {
    /** What a user may want. */
    public enum State {
        ON,
        OFF,
        /** Nothing is recorded for a while, only the places of changes remembered. */
        PAUSED
    }

    /** What a disk's configuration says. */
    static ProtectionWish of(Optional<StoreName> store) {
        return new ProtectionWish(store.isPresent() ? State.ON : State.OFF, store);
    }
}
