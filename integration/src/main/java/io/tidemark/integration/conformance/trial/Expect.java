// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

import java.util.Arrays;

/** What a check expects. */
public final class Expect {
    private Expect() {}

    /** Fails the rule unless the condition holds. */
    public static void that(boolean condition, String otherwise, Object... arguments) {
        if (!condition) {
            throw new IllegalStateException(otherwise.formatted(arguments));
        }
    }

    public static void same(long seen, long wanted, String what) {
        that(seen == wanted, "%s is %d instead of %d", what, seen, wanted);
    }

    /** Fails the rule unless the two are the same bytes; null stands for a refused read. */
    public static void same(byte[] seen, byte[] wanted, String what) {
        that(seen != null, "%s can't be read", what);
        int at = Arrays.mismatch(seen, wanted);
        that(at < 0, "%s differs from byte %d on", what, at);
    }

    /** Leaves the rule unless the backend offers what it is about. */
    public static void offered(boolean offered, String what) {
        if (!offered) {
            throw new NotApplicableException(what + " not offered");
        }
    }
}
