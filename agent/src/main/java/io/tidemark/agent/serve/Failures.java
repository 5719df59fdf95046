// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.cdp.StoreException;
import io.tidemark.vhost.VhostException;

/** What other rooms say went wrong, in the agent's words. Their messages name the thing, the reason and the remedy already. */
public final class Failures {
    private Failures() {}

    public static AgentException of(StoreException e) {
        Code code = switch (e.code()) {
            case BAD_NAME -> Code.USAGE;
            case NOT_FOUND -> Code.NOT_FOUND;
            case NO_PERMISSION -> Code.NO_PERMISSION;
            case IN_USE -> Code.IN_USE;
            case WRONG_SIZE, NOT_RESTORABLE, BEYOND -> Code.REFUSED;
            case UNSUPPORTED -> Code.UNSUPPORTED;
            case DAMAGED -> Code.FAILED;
            case NO_SPACE, IO -> Code.IO;
        };
        return new AgentException(code, e.getMessage(), e);
    }

    public static AgentException of(VhostException e) {
        Code code = e.code() == VhostException.Code.SOCKET_IN_USE ? Code.IN_USE : Code.IO;
        return new AgentException(code, e.getMessage(), e);
    }
}
