// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

/** What must not happen has happened. */
public final class Finding extends RuntimeException {
    private static final long serialVersionUID = 1;

    public Finding(String what) {
        super(what);
    }

    public Finding(String what, Throwable cause) {
        super(what, cause);
    }

    /** @throws Finding unless it is so */
    public static void unless(boolean so, String what) {
        if (!so) {
            throw new Finding(what);
        }
    }
}
