// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

/**
 * A flush of the guest.
 *
 * @param number all writes up to this one were on the image's stable storage
 * @param time when it completed, microseconds since 1970
 */
public record FlushPoint(long number, long time) {}
