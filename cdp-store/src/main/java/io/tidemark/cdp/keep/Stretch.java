// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

/**
 * Times from the first to the last of some states that can all be restored; one single state, if both are the same.
 *
 * @param begin in microseconds since 1970
 * @param end in microseconds since 1970
 */
public record Stretch(long begin, long end) {
    public Stretch {
        if (begin > end) {
            throw new IllegalArgumentException("from " + begin + " to " + end);
        }
    }
}
