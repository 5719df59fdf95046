// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/** Metrics by their names, filled disk by disk. Labels are given as name, value, name, value. */
final class Families {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double[] LATENCY_BOUNDS = {
        50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 20e-3, 50e-3, 0.1, 0.2, 0.5, 1, 2, 5, 10
    };

    private final List<InfoSnapshot> infos = new ArrayList<>();
    private final Map<String, CounterSnapshot.Builder> counters = new LinkedHashMap<>();
    private final Map<String, GaugeSnapshot.Builder> gauges = new LinkedHashMap<>();
    private final Map<String, HistogramSnapshot.Builder> histograms = new LinkedHashMap<>();

    /** @param name without the _total that is appended */
    void counter(String name, String help, double value, String... labels) {
        counters.computeIfAbsent(name, n -> CounterSnapshot.builder().name(n).help(help))
                .dataPoint(CounterDataPointSnapshot.builder()
                        .value(value)
                        .labels(Labels.of(labels))
                        .build());
    }

    void gauge(String name, String help, double value, String... labels) {
        gauges.computeIfAbsent(name, n -> GaugeSnapshot.builder().name(n).help(help))
                .dataPoint(GaugeDataPointSnapshot.builder()
                        .value(value)
                        .labels(Labels.of(labels))
                        .build());
    }

    /** @param name without the _info that is appended */
    void info(String name, String help, String... labels) {
        infos.add(InfoSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(InfoDataPointSnapshot.builder()
                        .labels(Labels.of(labels))
                        .build())
                .build());
    }

    /** @param nanos becomes seconds */
    void histogram(String name, String help, Histogram nanos, String... labels) {
        ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        long below = 0;
        for (double bound : LATENCY_BOUNDS) {
            long upTo =
                    nanos.getTotalCount() == 0 ? 0 : nanos.getCountBetweenValues(0, (long) (bound * NANOS_PER_SECOND));
            buckets.bucket(bound, upTo - below);
            below = upTo;
        }
        buckets.bucket(Double.POSITIVE_INFINITY, nanos.getTotalCount() - below);
        histograms
                .computeIfAbsent(name, n -> HistogramSnapshot.builder().name(n).help(help))
                .dataPoint(HistogramDataPointSnapshot.builder()
                        .classicHistogramBuckets(buckets.build())
                        .sum(nanos.getMean() * nanos.getTotalCount() / NANOS_PER_SECOND)
                        .labels(Labels.of(labels))
                        .build());
    }

    Collection<MetricSnapshot> all() {
        return Stream.of(
                        infos.stream(),
                        counters.values().stream().map(CounterSnapshot.Builder::build),
                        gauges.values().stream().map(GaugeSnapshot.Builder::build),
                        histograms.values().stream().map(HistogramSnapshot.Builder::build))
                .<MetricSnapshot>flatMap(family -> family)
                .toList();
    }
}
