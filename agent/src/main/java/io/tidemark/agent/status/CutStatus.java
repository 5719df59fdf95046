// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;

/**
 * A mark that was set over several disks at one moment.
 *
 * @param marks one for each disk, all of one time
 */
public record CutStatus(String name, List<MarkStatus> marks) {
    /** Whether all stores have it. */
    @JsonIgnore
    public boolean durable() {
        return marks.stream().allMatch(MarkStatus::durable);
    }
}
