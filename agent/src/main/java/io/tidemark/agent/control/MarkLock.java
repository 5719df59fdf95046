// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;

/**
 * Whether a mark survives every rule of retention.
 *
 * @param name the mark's; of several, the newest
 */
public record MarkLock(String name, Boolean locked) {
    static final String FORM = "{\"name\": TEXT, \"locked\": true}";

    /** @throws AgentException USAGE, if something is missing */
    static MarkLock checked(MarkLock lock) {
        if (lock.name == null || lock.locked == null) {
            throw new AgentException(Code.USAGE, "request body", "it is not " + FORM, "see /v1/openapi.yaml");
        }
        return lock;
    }
}
