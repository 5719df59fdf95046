// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost;

/**
 * What there is to say about a disk's frontend.
 *
 * @param connected whether one is there
 * @param features the virtio features that it and its driver took last ({@link io.tidemark.vhost.blk.BlkFeatures})
 * @param connects how many frontends have connected so far
 * @param lastEnd why the last one left; empty before that
 */
public record ConnectionStatus(boolean connected, long features, long connects, String lastEnd) {
    static final ConnectionStatus NONE_YET = new ConnectionStatus(false, 0, 0, "");

    ConnectionStatus whenConnected() {
        return new ConnectionStatus(true, 0, connects + 1, lastEnd);
    }

    ConnectionStatus whenNegotiated(long taken) {
        return new ConnectionStatus(connected, taken, connects, lastEnd);
    }

    ConnectionStatus whenDisconnected(String reason) {
        return new ConnectionStatus(false, 0, connects, reason);
    }
}
