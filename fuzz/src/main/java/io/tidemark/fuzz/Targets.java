// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import io.tidemark.disk.qcow2.Qcow2Fuzz;
import io.tidemark.vhost.connection.ConfigFuzz;
import io.tidemark.vhost.connection.ProtocolFuzz;
import io.tidemark.vhost.queue.DescriptorFuzz;
import io.tidemark.vhost.queue.InflightFuzz;
import io.tidemark.vhost.queue.RingFuzz;
import java.util.List;

/** All targets, by name. */
public final class Targets {
    public static final List<String> NAMES = List.of("protocol", "descriptors", "ring", "inflight", "config", "qcow2");

    private Targets() {}

    public static Target open(String name) {
        return switch (name) {
            case "protocol" -> new ProtocolFuzz();
            case "descriptors" -> new DescriptorFuzz();
            case "ring" -> new RingFuzz();
            case "inflight" -> new InflightFuzz();
            case "config" -> new ConfigFuzz();
            case "qcow2" -> new Qcow2Fuzz();
            default -> throw new IllegalArgumentException("there is no target " + name + ", but " + NAMES);
        };
    }
}
