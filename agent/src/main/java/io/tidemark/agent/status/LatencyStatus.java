// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;

/** How long requests took, from the avail ring to the used ring, in microseconds. */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record LatencyStatus(
        double p50, double p99, @JsonProperty("p99_9") double p999, double max) {}
