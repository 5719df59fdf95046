// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.config.ProtectionWish;
import io.tidemark.agent.config.ProtectionWish.State;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreName;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * A wish for a disk's protection in JSON.
 *
 * @param state {@code on}, {@code off} or {@code paused}
 * @param store null for the one that it has
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ProtectionOrder(String state, String store) {
    public static ProtectionOrder of(ProtectionWish wish) {
        return new ProtectionOrder(
                name(wish.state()), wish.store().map(StoreName::toString).orElse(null));
    }

    /** @throws AgentException USAGE, if it is not understood */
    public ProtectionWish checked() {
        return new ProtectionWish(checkedState(), Optional.ofNullable(store).map(ProtectionOrder::checkedStore));
    }

    private State checkedState() {
        return Arrays.stream(State.values())
                .filter(known -> name(known).equals(state))
                .findFirst()
                .orElseThrow(() -> new AgentException(
                        Code.USAGE, "protection", "the state is none of on, off and paused", "choose one of them"));
    }

    private static StoreName checkedStore(String store) {
        try {
            return StoreName.parse(store);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }

    private static String name(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
