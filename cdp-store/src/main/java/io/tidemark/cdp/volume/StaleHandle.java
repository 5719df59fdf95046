// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;

/** ESTALE: another host has deleted or replaced the file. */
final class StaleHandle {
    private static final String REASON = "Stale file handle";

    private StaleHandle() {}

    static boolean is(IOException e) {
        return e.getMessage() != null && e.getMessage().contains(REASON);
    }
}
