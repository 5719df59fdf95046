// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

/**
 * A part of the disk that could not be restored, because what the store holds of it is damaged.
 *
 * @param offset in bytes
 * @param length in bytes
 * @param reason what is wrong, where
 */
public record Missing(long offset, long length, String reason) {}
