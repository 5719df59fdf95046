// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;

/**
 * The body of a request for a restore in place.
 *
 * @param at the point, as {@code tidemark restore --at} has it
 */
record RestoreOrder(String at) {
    private static final int LONGEST = 512;

    /** @throws AgentException USAGE, if there is no point in it */
    static String checked(RestoreOrder order) {
        if (order.at() == null || order.at().isBlank() || order.at().length() > LONGEST) {
            throw new AgentException(
                    Code.USAGE, "restore", "no point is given", "name one, as {\"at\": \"write:123\"}");
        }
        return order.at();
    }
}
