// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * What waits for a store that doesn't take it.
 *
 * @param bytes compressed, in memory and in the spool
 * @param limit how large the spool may become; 0 without one
 * @param ageMicros of the oldest of it
 * @param failed whether the spool's own disk refuses
 * @param reason why it waits
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SpoolStatus(long bytes, long limit, long ageMicros, boolean failed, String reason) {}
