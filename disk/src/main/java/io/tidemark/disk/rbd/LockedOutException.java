// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import java.io.IOException;

/** The cluster obeys this client no more (blocklist). That never ends, but by a new connection. */
final class LockedOutException extends IOException {
    private static final long serialVersionUID = 1;

    LockedOutException(String what) {
        super(what + ": the cluster has locked this client out (blocklist): another agent has taken over");
    }
}
