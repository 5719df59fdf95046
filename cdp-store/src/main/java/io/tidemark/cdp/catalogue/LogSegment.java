// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

/**
 * A metadata segment that is complete and has a fine layer.
 *
 * @param segment its number
 * @param first how many records of the log lie before it
 * @param records how many it has
 * @param holes how often records were missing when it was read
 * @param before the last write before it
 * @param after the last write in it
 * @param begin time of its first record, in microseconds since 1970
 * @param end time of its last record
 * @param firstBatch the sequence of its first batch
 * @param batches the sequence behind its last batch
 * @param bytes the file's size
 */
public record LogSegment(
        int segment,
        long first,
        int records,
        int holes,
        long before,
        long after,
        long begin,
        long end,
        long firstBatch,
        long batches,
        long bytes) {
    /** How many records of the log there are up to its last. */
    public long last() {
        return first + records;
    }
}
