// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * One queue; counters run from the agent's start.
 *
 * @param running whether the frontend has started the ring
 * @param stopReason why the ring was stopped for good, or null
 * @param requests completed requests of all kinds
 * @param failed those of them that were answered with an error
 * @param inFlight requests taken and not yet completed
 * @param oldestMicros how long the oldest of them is on its way, in microseconds; 0 if there is none
 * @param kicks notifications received from the guest
 * @param interrupts notifications sent to the guest
 * @param pollHits times that polling found a request, so that no kick was needed
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QueueStatus(
        int index,
        boolean running,
        String stopReason,
        long requests,
        long failed,
        long readBytes,
        long writtenBytes,
        int inFlight,
        double oldestMicros,
        long kicks,
        long interrupts,
        long pollHits,
        LatencyStatus latency) {}
