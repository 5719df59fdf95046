// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All runs of a benchmark. */
final class Results {
    /** Start to listening socket, memory before the first connection and at the end. */
    record Footprint(double startMillis, double idleMegabytes, double loadedMegabytes) {}

    private final Map<Workload, Map<Contender, List<Measurement>>> runs = new LinkedHashMap<>();
    private final Map<Contender, List<Footprint>> footprints = new EnumMap<>(Contender.class);

    void add(Workload workload, Contender contender, Measurement run) {
        runs.computeIfAbsent(workload, w -> new EnumMap<>(Contender.class))
                .computeIfAbsent(contender, c -> new ArrayList<>())
                .add(run);
    }

    void add(Contender contender, Footprint footprint) {
        footprints.computeIfAbsent(contender, c -> new ArrayList<>()).add(footprint);
    }

    List<Workload> workloads() {
        return List.copyOf(runs.keySet());
    }

    List<Measurement> runs(Workload workload, Contender contender) {
        return runs.getOrDefault(workload, Map.of()).getOrDefault(contender, List.of());
    }

    Optional<Measurement> median(Workload workload, Contender contender) {
        List<Measurement> all = runs(workload, contender);
        return all.isEmpty() ? Optional.empty() : Optional.of(Measurement.median(all));
    }

    Optional<Footprint> footprint(Contender contender) {
        return Optional.ofNullable(footprints.get(contender))
                .map(all -> new Footprint(
                        Measurement.median(all, Footprint::startMillis),
                        Measurement.median(all, Footprint::idleMegabytes),
                        Measurement.median(all, Footprint::loadedMegabytes)));
    }
}
