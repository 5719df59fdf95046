// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;

/**
 * One disk at one moment.
 *
 * @param time when the counters were read
 * @param geometry what the image is like
 * @param connected whether a frontend is connected
 * @param throttle its limits
 * @param features the names of the virtio features that the frontend agreed to; empty before it did
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DiskStatus(
        String id,
        Instant time,
        String image,
        GeometryStatus geometry,
        String socket,
        boolean connected,
        List<String> features,
        List<QueueStatus> queues,
        ThrottleStatus throttle,
        ProtectionStatus protection) {
    /** An agent of an older version doesn't know of throttles. */
    public DiskStatus {
        throttle = throttle == null ? ThrottleStatus.NONE : throttle;
    }
}
