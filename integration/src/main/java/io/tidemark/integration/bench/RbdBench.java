// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.integration.backend.Backend;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.StorageDaemon;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.storage.CephCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Measures ways to one image in a Ceph cluster on the loopback, in turn: librbd alone (fio), and two backends by one client. */
@CommandLine.Command(
        name = "bin/bench-rbd",
        description = "Measures Tidemark on a Ceph image against fio's rbd engine and qemu-storage-daemon.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class RbdBench implements Callable<Integer> {
    private static final String IMAGE = "bench";
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @Option(names = "--rows", description = "Only rows whose name holds one of these, such as d32.", split = ",")
    private List<String> rows = List.of("4k", "64k");

    @Option(names = "--ways", description = "Which of ${COMPLETION-CANDIDATES}.", split = ",")
    private List<Way> ways = List.of(Way.values());

    @Option(names = "--rounds", description = "How often each way is measured; medians are printed.")
    private int rounds = 5;

    @Option(names = "--seconds", description = "Length of each row.")
    private double seconds = 3;

    @Option(names = "--size", description = "Image size in MiB.")
    private long size = 256;

    @Option(names = "--work", description = "Folder of the cluster. Default: .cache of the checkout.")
    private Path work = Checkout.home().resolve(".cache");

    /** How the image is reached. */
    enum Way {
        FIO,
        PEER,
        TIDEMARK
    }

    private final Map<Workload, Map<Way, List<Measurement>>> results = new LinkedHashMap<>();

    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new RbdBench()).setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((e, c, parsed) -> {
            c.getErr().println("bench-rbd: " + e.getMessage());
            return 1;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        List<Workload> chosen = Workload.ALL.stream()
                .filter(w -> rows.stream().anyMatch(w.name()::contains))
                .toList();
        Files.createDirectories(work);
        Path folder = Files.createTempDirectory(work, "rbd");
        try (CephCluster cluster = CephCluster.start(folder)) {
            cluster.rbd("create", "--size", size + "M", IMAGE);
            fill(cluster);
            for (int round = 1; round <= rounds; round++) {
                for (Way way : ways) {
                    System.err.printf("round %d of %d: %s%n", round, rounds, way);
                    measure(way, cluster, folder, chosen);
                }
            }
        } finally {
            Command.run(LIMIT, List.of("rm", "-rf", folder.toString()));
        }
        print(chosen);
        return 0;
    }

    /** So that all of it is allocated. */
    private static void fill(CephCluster cluster) {
        fio(cluster, List.of("--rw=write", "--bs=1M", "--iodepth=8"));
    }

    private void measure(Way way, CephCluster cluster, Path folder, List<Workload> chosen) {
        if (way == Way.FIO) {
            for (Workload workload : chosen) {
                if (workload.flushEvery() == 0) {
                    add(workload, way, byFio(cluster, workload));
                }
            }
            return;
        }
        ServedDisk disk = ServedDisk.of(
                Path.of("rbd:rbd/" + IMAGE + ":conf=" + cluster.configuration()), folder.resolve("bench.sock"), 2);
        Path log = folder.resolve(way + ".log");
        try (Backend backend = way == Way.PEER
                ? StorageDaemon.start(StorageDaemon.installed(), log, disk)
                : TidemarkAgent.start(log, disk)) {
            Client client = new Client(backend, false, 0);
            for (Workload warm : List.of(Workload.ALL.get(2), Workload.ALL.get(3))) {
                client.run(warm, seconds);
            }
            for (Workload workload : chosen) {
                add(workload, way, client.run(workload, seconds));
            }
        }
    }

    private Measurement byFio(CephCluster cluster, Workload workload) {
        String kind = (workload.random() ? "rand" : "") + (workload.write() ? "write" : "read");
        JsonNode job = fio(
                cluster,
                List.of(
                        "--rw=" + kind,
                        "--bs=" + workload.blockSize(),
                        "--iodepth=" + workload.depth() * workload.queues(),
                        "--time_based",
                        "--runtime=" + seconds));
        return Measurement.ofRate(
                job.get(workload.write() ? "write" : "read").get("iops").asDouble());
    }

    /** As the others have it: by librbd's cache, fio's writes would be complete before they are in the cluster. */
    private static Path uncached(CephCluster cluster) {
        Path configuration = cluster.configuration().resolveSibling("uncached.conf");
        try {
            // The last section is that of clients.
            Files.writeString(configuration, Files.readString(cluster.configuration()) + "rbd_cache = false\n");
            return configuration;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode fio(CephCluster cluster, List<String> what) {
        List<String> command = new ArrayList<>(List.of(
                "env",
                "CEPH_CONF=" + uncached(cluster),
                "fio",
                "--name=bench",
                "--ioengine=rbd",
                "--clientname=admin",
                "--pool=rbd",
                "--rbdname=" + IMAGE,
                "--randrepeat=0",
                "--output-format=json"));
        command.addAll(what);
        String output =
                Command.run(LIMIT, command).orThrow(String.join(" ", command)).output();
        return TidemarkCli.parse(output.substring(output.indexOf('{')))
                .get("jobs")
                .get(0);
    }

    private void add(Workload workload, Way way, Measurement measured) {
        results.computeIfAbsent(workload, w -> new EnumMap<>(Way.class))
                .computeIfAbsent(way, w -> new ArrayList<>())
                .add(measured);
    }

    private void print(List<Workload> chosen) {
        System.out.printf(
                "Medians of %d rounds of %.0f s a row; a cluster of one monitor and one OSD on this machine; peer: %s.%n%n",
                rounds, seconds, StorageDaemon.version(StorageDaemon.installed()));
        System.out.println(
                "| IOPS | fio, rbd engine | qemu-storage-daemon | Tidemark | Tidemark / fio | Tidemark / peer |");
        System.out.println("|---|---:|---:|---:|---:|---:|");
        for (Workload workload : chosen) {
            System.out.printf(
                    "| %s | %s | %s | %s | %s | %s |%n",
                    workload.name(),
                    cell(workload, Way.FIO),
                    cell(workload, Way.PEER),
                    cell(workload, Way.TIDEMARK),
                    ratio(workload, Way.FIO),
                    ratio(workload, Way.PEER));
        }
        System.out.printf("%n| CPU seconds of the backend per 100k requests | qemu-storage-daemon | Tidemark |%n");
        System.out.println("|---|---:|---:|");
        for (Workload workload : chosen) {
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.2f | %.2f |%n",
                    workload.name(),
                    median(workload, Way.PEER, Measurement::cpuPer100k),
                    median(workload, Way.TIDEMARK, Measurement::cpuPer100k));
        }
    }

    private double median(Workload workload, Way way, ToDoubleFunction<Measurement> figure) {
        List<Measurement> runs = results.getOrDefault(workload, Map.of()).getOrDefault(way, List.of());
        return runs.isEmpty() ? Double.NaN : Measurement.median(runs, figure);
    }

    private String cell(Workload workload, Way way) {
        double iops = median(workload, way, Measurement::iops);
        return Double.isNaN(iops) ? "–" : String.format(Locale.ROOT, "%,.0f", iops);
    }

    private String ratio(Workload workload, Way to) {
        double ratio = median(workload, Way.TIDEMARK, Measurement::iops) / median(workload, to, Measurement::iops);
        return Double.isNaN(ratio) ? "–" : String.format(Locale.ROOT, "%.2f ×", ratio);
    }
}
