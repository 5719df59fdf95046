// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import java.util.List;

/**
 * What was counted in a time.
 *
 * @param seconds how long it was
 */
public record StatsPeriod(double seconds, List<QueueStats> queues) {}
