// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/**
 * The body of a request for a mark over several disks.
 *
 * @param disks their ids; null for all
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record CutOrder(String name, List<String> disks) {
    /** @throws AgentException USAGE, if it can't be one */
    static CutOrder checked(CutOrder order) {
        MarkOrder.checked(new MarkOrder(order.name));
        List<String> disks = order.disks;
        if (disks != null
                && (disks.isEmpty()
                        || disks.stream().anyMatch(Objects::isNull)
                        || new HashSet<>(disks).size() < disks.size())) {
            throw new AgentException(
                    Code.USAGE, "mark", "the list of disks is empty, or names one twice", "leave it out for all disks");
        }
        return order;
    }
}
