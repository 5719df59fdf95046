// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** The results as three markdown tables: throughput with ratios, latency, and what the processes cost. */
final class MarkdownReport {
    private final Results results;
    private final List<Contender> contenders;
    private final StringBuilder text = new StringBuilder();

    private MarkdownReport(Results results, List<Contender> contenders) {
        this.results = results;
        this.contenders = contenders;
    }

    static String of(Results results, List<Contender> contenders) {
        MarkdownReport report = new MarkdownReport(results, contenders);
        report.throughput();
        report.perContender(
                "latency p50 / p99 / p99.9, µs",
                m -> "%.0f / %.0f / %.0f".formatted(m.p50Micros(), m.p99Micros(), m.p999Micros()));
        report.perContender("CPU seconds per 100k requests", m -> "%.2f".formatted(m.cpuPer100k()));
        report.footprints();
        return report.text.toString();
    }

    private void throughput() {
        boolean qcow2 = contenders.contains(Contender.QCOW2);
        List<String> ratios = qcow2
                ? List.of("Tidemark / peer", "qcow2 / raw")
                : List.of("Tidemark / peer", "capture on / off", "durable / capture on", "recorded");
        row("IOPS", titles(), ratios);
        rule(contenders.size() + 1 + ratios.size());
        for (Workload workload : results.workloads()) {
            List<String> iops = cells(workload, m -> String.format(Locale.ROOT, "%,.0f", m.iops()));
            row(
                    workload.name(),
                    iops,
                    qcow2
                            ? List.of(
                                    ratio(workload, Contender.QCOW2, Contender.QCOW2_PEER),
                                    ratio(workload, Contender.QCOW2, Contender.TIDEMARK))
                            : List.of(
                                    ratio(workload, Contender.TIDEMARK, Contender.PEER),
                                    ratio(workload, Contender.CAPTURE, Contender.TIDEMARK),
                                    ratio(workload, Contender.DURABLE, Contender.CAPTURE),
                                    recorded(workload)));
        }
        text.append('\n');
    }

    private String recorded(Workload workload) {
        return contenders.contains(Contender.CAPTURE)
                ? String.format(
                        Locale.ROOT,
                        "%.0f %%",
                        100
                                * results.median(workload, Contender.CAPTURE)
                                        .orElseThrow()
                                        .recorded())
                : "–";
    }

    private void perContender(String title, Function<Measurement, String> figure) {
        row(title, titles(), List.of());
        rule(contenders.size() + 1);
        for (Workload workload : results.workloads()) {
            row(workload.name(), cells(workload, figure), List.of());
        }
        text.append('\n');
    }

    private void footprints() {
        row("process", titles(), List.of());
        rule(contenders.size() + 1);
        footprint("start to listening socket, ms", Results.Footprint::startMillis);
        footprint("resident, idle, MB", Results.Footprint::idleMegabytes);
        footprint("resident, after the load, MB", Results.Footprint::loadedMegabytes);
    }

    private void footprint(String name, Function<Results.Footprint, Double> figure) {
        row(
                name,
                contenders.stream()
                        .map(c -> results.footprint(c)
                                .map(f -> "%.0f".formatted(figure.apply(f)))
                                .orElse("–"))
                        .toList(),
                List.of());
    }

    private List<String> titles() {
        return contenders.stream().map(Contender::title).toList();
    }

    private List<String> cells(Workload workload, Function<Measurement, String> figure) {
        return contenders.stream()
                .map(c -> results.median(workload, c).map(figure).orElse("–"))
                .toList();
    }

    private String ratio(Workload workload, Contender of, Contender to) {
        Optional<Measurement> above = results.median(workload, of);
        Optional<Measurement> below = results.median(workload, to);
        return above.isEmpty() || below.isEmpty()
                ? "–"
                : "%.2f ×".formatted(above.get().iops() / below.get().iops());
    }

    private void row(String head, List<String> cells, List<String> more) {
        text.append("| ").append(head);
        cells.forEach(c -> text.append(" | ").append(c));
        more.forEach(c -> text.append(" | ").append(c));
        text.append(" |\n");
    }

    private void rule(int columns) {
        text.append("|---").append("|---:".repeat(columns - 1)).append("|\n");
    }
}
