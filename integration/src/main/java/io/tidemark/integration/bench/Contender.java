// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import io.tidemark.integration.backend.Backend;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.StorageDaemon;
import io.tidemark.integration.backend.TidemarkAgent;
import java.nio.file.Path;
import java.util.List;

/** What is measured. */
enum Contender {
    PEER("qemu-storage-daemon"),
    TIDEMARK("Tidemark"),
    CAPTURE("Tidemark, capture on"),
    DURABLE("Tidemark, durability=flush"),
    QCOW2_PEER("qemu-storage-daemon, qcow2"),
    QCOW2("Tidemark, qcow2");

    /** What runs unless others are asked for. */
    static final List<Contender> USUAL = List.of(PEER, TIDEMARK, CAPTURE);

    /** And for qcow2 images, beside a raw one. */
    static final List<Contender> USUAL_QCOW2 = List.of(QCOW2_PEER, QCOW2, TIDEMARK);

    private final String title;

    Contender(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    /** Makes what it serves. */
    ServedDisk disk(Arenas at) {
        return switch (this) {
            case PEER, TIDEMARK -> ServedDisk.of(at.image(), at.socket(), 2);
            case CAPTURE -> captured(at);
            case DURABLE -> captured(at).withDurableFlushes();
            case QCOW2_PEER, QCOW2 -> ServedDisk.of(at.newQcow2(), at.socket(), 2);
        };
    }

    Backend start(Path log, ServedDisk disk) {
        return switch (this) {
            case PEER, QCOW2_PEER -> StorageDaemon.start(log, disk);
            case TIDEMARK, CAPTURE, DURABLE, QCOW2 -> TidemarkAgent.start(log, disk);
        };
    }

    /** Whether it has a history. */
    boolean records() {
        return this == CAPTURE || this == DURABLE;
    }

    /** Whether rows that allocate can be run. */
    boolean allocates() {
        return this == QCOW2_PEER || this == QCOW2;
    }

    private static ServedDisk captured(Arenas at) {
        return ServedDisk.captured(at.image(), at.socket(), 2, at.newStore());
    }
}
