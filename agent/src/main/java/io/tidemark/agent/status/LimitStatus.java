// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * One limit of a throttle.
 *
 * @param rate requests or bytes each second
 * @param burst how many of them may pass at once; null in an order for a tenth of a second's worth
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LimitStatus(Long rate, Long burst) {}
