// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one agent process serves.
 *
 * @param disks at least one; ids, images and sockets are each used once
 * @param control where the control API listens; none, the place that {@code ControlSocket} gives
 */
public record AgentConfig(List<DiskConfig> disks, Optional<Path> control) {
    /** @throws AgentException USAGE, if the disks don't go together */
    public AgentConfig {
        disks = List.copyOf(disks);
        if (disks.isEmpty()) {
            throw new AgentException(
                    Code.USAGE,
                    "agent",
                    "there is no disk to serve",
                    "give one with --disk or in the configuration file");
        }
        Map<String, String> seen = new HashMap<>();
        for (DiskConfig disk : disks) {
            once(seen, disk, "disk id " + disk.id());
            once(seen, disk, "image " + disk.image());
            once(seen, disk, "socket " + disk.socket());
        }
        control.ifPresent(path -> once(seen, "the control API", "socket " + path));
    }

    public AgentConfig withControl(Path path) {
        return new AgentConfig(disks, Optional.of(path));
    }

    private static void once(Map<String, String> seen, DiskConfig disk, String thing) {
        once(seen, "disk " + disk.id(), thing);
    }

    private static void once(Map<String, String> seen, String user, String thing) {
        String earlier = seen.putIfAbsent(thing, user);
        if (earlier != null) {
            throw new AgentException(
                    Code.USAGE, thing, "it is given twice, for " + earlier + " and for " + user, "give each its own");
        }
    }
}
