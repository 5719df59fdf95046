// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

/**
 * What one queue did in a period.
 *
 * @param failed requests that were refused or failed
 * @param inFlight requests taken and not yet completed, at the period's end
 * @param oldestMicros how long the oldest of them is on its way, in microseconds; 0 if there is none
 * @param kicks notifications received from the guest
 * @param kicksSaved requests that came without one
 * @param interrupts notifications sent to the guest
 * @param interruptsSaved requests that were given back without one
 * @param pollHits times that polling found work, so that the queue need not sleep
 * @param sleeps times that the queue went to sleep
 */
public record QueueStats(
        int index,
        KindStats read,
        KindStats write,
        KindStats flush,
        KindStats discard,
        KindStats writeZeroes,
        long failed,
        long inFlight,
        double oldestMicros,
        long kicks,
        long kicksSaved,
        long interrupts,
        long interruptsSaved,
        long pollHits,
        long sleeps) {}
