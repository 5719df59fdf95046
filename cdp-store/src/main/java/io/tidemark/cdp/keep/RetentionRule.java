// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

/**
 * Back to an age, one state for each step is kept.
 *
 * @param age how far back, in microseconds
 * @param step in microseconds: the state at each multiple of it since 1970; {@link #EVERY_WRITE} for all states
 */
public record RetentionRule(long age, long step) {
    public static final long EVERY_WRITE = 0;

    public boolean keepsEveryWrite() {
        return step == EVERY_WRITE;
    }

    @Override
    public String toString() {
        return Period.text(age) + ":" + (keepsEveryWrite() ? RetentionRules.WRITE : Period.text(step));
    }
}
