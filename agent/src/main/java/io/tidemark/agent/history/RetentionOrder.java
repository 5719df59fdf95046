// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidemark.agent.config.RetentionSettings;
import io.tidemark.cdp.keep.Retention;

/**
 * What is to be kept of a history. What is null stays as it is.
 *
 * @param rules as {@code 12h:write/24h:1h/3d:1d}, or {@code all}
 * @param quota as {@code 50G}, or {@code none}
 * @param before a point: what is older is to go, once
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RetentionOrder(String rules, String quota, String before) {
    /** Whether there is nothing to do but to look. */
    public boolean isEmpty() {
        return rules == null && quota == null && before == null;
    }

    /** What is kept from then on. @throws io.tidemark.agent.AgentException USAGE, with what is wrong */
    public Retention on(Retention now) {
        return new Retention(
                rules == null ? now.rules() : RetentionSettings.rules(rules),
                quota == null ? now.quota() : RetentionSettings.quota(quota));
    }
}
