// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

/**
 * How much may lie between the guest and the log before changes are lost.
 *
 * @param copyBytes bytes of copied writes per loop; a power of two
 * @param events changes of all loops; a power of two
 */
public record CaptureLimits(int copyBytes, int events) {
    public static final CaptureLimits DEFAULT = new CaptureLimits(32 << 20, 8192);
}
