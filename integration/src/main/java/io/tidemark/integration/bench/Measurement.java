// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/**
 * One run of one workload, or the median of several.
 *
 * @param cpuPer100k CPU seconds of the backend per 100,000 requests
 * @param recorded the share of changes that the history recorded singly; 1 where nothing is recorded
 */
public record Measurement(
        double iops, double p50Micros, double p99Micros, double p999Micros, double cpuPer100k, double recorded) {

    static Measurement of(Histogram latencies, double seconds, double cpuSeconds) {
        long requests = latencies.getTotalCount();
        return new Measurement(
                requests / seconds,
                latencies.getValueAtPercentile(50) / 1e3,
                latencies.getValueAtPercentile(99) / 1e3,
                latencies.getValueAtPercentile(99.9) / 1e3,
                cpuSeconds * 100_000 / requests,
                1);
    }

    /** Of which no more is known. */
    static Measurement ofRate(double iops) {
        return new Measurement(iops, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 1);
    }

    Measurement recorded(double share) {
        return new Measurement(iops, p50Micros, p99Micros, p999Micros, cpuPer100k, share);
    }

    /** Each figure's own median. */
    static Measurement median(List<Measurement> runs) {
        return new Measurement(
                median(runs, Measurement::iops),
                median(runs, Measurement::p50Micros),
                median(runs, Measurement::p99Micros),
                median(runs, Measurement::p999Micros),
                median(runs, Measurement::cpuPer100k),
                median(runs, Measurement::recorded));
    }

    static <T> double median(List<T> of, ToDoubleFunction<T> figure) {
        double[] sorted = of.stream().mapToDouble(figure).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
