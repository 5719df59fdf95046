// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

/**
 * A named state.
 *
 * @param number the write that it follows
 * @param time microseconds since 1970
 * @param records how many records of the log it follows, itself included
 */
public record MarkEntry(String name, long number, long time, long records) {}
