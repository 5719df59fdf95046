// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;

/**
 * The body of a request for another size.
 *
 * @param bytes the size
 */
record ResizeOrder(Long bytes) {
    /** @throws AgentException USAGE, if it can't be a size */
    static long checked(ResizeOrder order) {
        if (order.bytes == null || order.bytes <= 0 || order.bytes % 512 != 0) {
            throw new AgentException(
                    Code.USAGE, "size", "no positive multiple of 512 bytes is given", "choose one, as 10737418240");
        }
        return order.bytes;
    }
}
