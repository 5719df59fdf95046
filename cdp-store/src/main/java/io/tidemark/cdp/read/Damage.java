// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

/**
 * A stretch of a store that can't be believed.
 *
 * @param segment the volume and segment
 * @param offset where in the segment, in bytes
 * @param reason what is wrong
 * @param firstNumber the first write that is affected; 0 if none is
 * @param lastNumber the last one
 * @param torn what a crash leaves and the next writer cuts: no harm done
 */
public record Damage(String segment, long offset, String reason, long firstNumber, long lastNumber, boolean torn) {}
