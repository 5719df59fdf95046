// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

/** Numbers that the product has no names for yet. */
public final class Bits {
    /** VHOST_F_LOG_ALL (linux/vhost.h). */
    public static final long LOG_ALL = 1L << 26;

    /** VHOST_USER_SET_LOG_BASE (vhost-user.rst). */
    public static final int SET_LOG_BASE = 6;

    private Bits() {}
}
