// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

/** Requests of one kind that were completed, the bytes of the disk that they covered, and how long they took. */
public record KindStats(long requests, long bytes, LatencyStatus latency) {}
