// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import java.time.Instant;

/**
 * A mark that was set: the state after write {@code write} has a name now.
 *
 * @param durable whether the store has the mark; else it is on its way there
 */
public record MarkStatus(String disk, String name, long write, Instant time, boolean durable) {}
