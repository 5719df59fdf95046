// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

/**
 * A state that can be had though the log before and behind it is gone.
 *
 * @param number its last write
 * @param time of its last record, in microseconds since 1970
 * @param until when it ended: the time of the next record that changed the disk, or that ended exact states
 * @param records how many records of the log made it
 */
public record KeptState(long number, long time, long until, long records) {}
