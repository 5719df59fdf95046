// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import io.tidemark.agent.AgentException;

/**
 * One key and its value, as a user wrote them.
 *
 * @param where where they stand, for messages: {@code --disk} or {@code vm.yaml:7}
 */
record Setting(String key, String value, String where) {
    AgentException wrong(String remedy) {
        return new AgentException(AgentException.Code.USAGE, where, key + "=" + value + " is not valid", remedy);
    }
}
