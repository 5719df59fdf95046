// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import io.tidemark.integration.backend.Backend;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.StorageDaemon;
import io.tidemark.integration.backend.TidemarkAgent;

/** What is measured. */
enum Contender {
    PEER("qemu-storage-daemon"),
    TIDEMARK("Tidemark"),
    CAPTURE("Tidemark, capture on");

    private final String title;

    Contender(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    Backend start(Arenas at) {
        return switch (this) {
            case PEER -> StorageDaemon.start(at.log(this), ServedDisk.of(at.image(), at.socket(), 2));
            case TIDEMARK -> TidemarkAgent.start(at.log(this), ServedDisk.of(at.image(), at.socket(), 2));
            case CAPTURE ->
                TidemarkAgent.start(at.log(this), ServedDisk.captured(at.image(), at.socket(), 2, at.newStore()));
        };
    }
}
