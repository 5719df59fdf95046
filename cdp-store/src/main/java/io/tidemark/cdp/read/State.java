// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

/**
 * A restorable state of a disk.
 *
 * @param number the last write in it
 * @param time of its last record, in microseconds since 1970
 * @param records how many records of the log make it
 */
public record State(long number, long time, long records) {}
