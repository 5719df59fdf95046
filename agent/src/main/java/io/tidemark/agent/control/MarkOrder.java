// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;

/** The body of a request for a mark. */
record MarkOrder(String name) {
    static final int MAX_NAME = 128;

    /** @throws AgentException USAGE, if the name can't be one */
    static String checked(MarkOrder order) {
        String name = order.name() == null ? "" : order.name();
        if (name.isBlank() || name.length() > MAX_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw new AgentException(
                    Code.USAGE,
                    "mark",
                    "the name is empty, longer than 128 characters, or has control characters",
                    "choose another");
        }
        return name;
    }
}
