// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

import io.tidemark.vhost.protocol.ProtocolFeature;

/** Which protocol features (vhost-user.rst, "Protocol features") the suite's frontend takes where they are offered. */
public final class Protocol {
    public static final long TAKEN = ProtocolFeature.MQ
            | ProtocolFeature.LOG_SHMFD
            | ProtocolFeature.REPLY_ACK
            | ProtocolFeature.BACKEND_REQ
            | ProtocolFeature.CONFIG
            | ProtocolFeature.INFLIGHT_SHMFD
            | ProtocolFeature.RESET_DEVICE
            | ProtocolFeature.CONFIGURE_MEM_SLOTS
            | ProtocolFeature.STATUS;

    private Protocol() {}
}
