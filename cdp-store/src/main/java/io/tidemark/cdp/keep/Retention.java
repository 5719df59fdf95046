// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import java.util.OptionalLong;

/**
 * What is kept of one disk's history.
 *
 * @param quota how many bytes the history may take in the store; empty, as many as it likes
 */
public record Retention(RetentionRules rules, OptionalLong quota) {
    public static final Retention KEEP_ALL = new Retention(RetentionRules.KEEP_ALL, OptionalLong.empty());

    public Retention {
        if (quota.isPresent() && quota.getAsLong() <= 0) {
            throw new IllegalArgumentException("quota " + quota.getAsLong());
        }
    }

    /** Whether nothing ever goes. */
    public boolean keepsAll() {
        return rules.keepAll() && quota.isEmpty();
    }
}
