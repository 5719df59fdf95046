// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

/** How far the reading of a disk into its history is, in bytes. */
public record SyncStatus(long done, long total) {}
