// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;

/**
 * The counters of a disk.
 *
 * @param time when they were read
 * @param total since the queues were started
 * @param interval the last part of that; null, if none was asked for
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DiskStats(String id, Instant time, StatsPeriod total, StatsPeriod interval) {}
