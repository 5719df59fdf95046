// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import java.time.Instant;
import java.util.List;

/**
 * The process.
 *
 * @param uptime seconds
 * @param disks the ids of the disks that it serves
 */
public record AgentStatus(String version, long pid, Instant started, double uptime, List<String> disks) {}
