// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

/**
 * What a writer has done since it was opened.
 *
 * @param rawBytes content taken from the disk, zeros left out
 * @param storedBytes what it takes in the store, metadata included
 * @param blocks data blocks appended
 * @param commits group commits
 * @param lastCommitNanos how long the last group commit took
 * @param blocksBehind raw blocks that are not appended yet
 * @param position the last write number given
 * @param durable the last write number on stable storage
 */
public record WriterStatistics(
        long rawBytes,
        long storedBytes,
        long blocks,
        long commits,
        long lastCommitNanos,
        int blocksBehind,
        long position,
        long durable) {}
