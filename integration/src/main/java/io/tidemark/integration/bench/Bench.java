// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import io.tidemark.integration.backend.Backend;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.StorageDaemon;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.ProcessCost;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures Tidemark against qemu-storage-daemon on one image, in turn, through the same client. */
@Command(
        name = "bin/bench",
        description = "Measures Tidemark, without and with capture, against qemu-storage-daemon on the same image.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class Bench implements Callable<Integer> {
    @Option(names = "--quick", description = "A short run: fewer rounds, shorter rows, a smaller image.")
    private boolean quick;

    @Option(
            names = "--rows",
            description = "Only rows whose name holds one of these, such as '4k rand' or d32.",
            split = ",")
    private List<String> rows = List.of("");

    @Option(
            names = "--qcow2",
            description =
                    "A qcow2 image, and a raw one beside it; with rows that allocate a new cluster by each write.")
    private boolean qcow2;

    @Option(
            names = "--contenders",
            description =
                    "Which of ${COMPLETION-CANDIDATES}. Default: PEER,TIDEMARK,CAPTURE; with --qcow2 QCOW2_PEER,QCOW2,TIDEMARK.",
            split = ",")
    private List<Contender> contenders;

    @Option(names = "--rounds", description = "How often each contender runs; medians are printed.")
    private int rounds = 5;

    @Option(names = "--seconds", description = "Length of each row.")
    private double seconds = 3;

    @Option(names = "--size", description = "Image size in MiB.")
    private long size = 1024;

    @Option(names = "--images", description = "Folder of the image: on tmpfs or a disk.")
    private Path images = Path.of("/dev/shm");

    @Option(names = "--work", description = "Folder of the store, on a disk. Default: .cache of the checkout.")
    private Path work = Checkout.home().resolve(".cache");

    @Option(names = "--poll", description = "The client polls for completions instead of waiting for the interrupt.")
    private boolean polling;

    @Option(
            names = "--compressible",
            description = "How many percent of what is written compress, 0 to 99. 0 is the hardest case for a capture.")
    private int compressible;

    @Option(names = "--json", description = "Also writes every run and the medians to this file.")
    private Path json;

    private final Results results = new Results();

    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new Bench()).setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((e, c, parsed) -> {
            c.getErr().println("bench: " + e.getMessage());
            return 1;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        if (quick) {
            rounds = Math.min(rounds, 2);
            seconds = Math.min(seconds, 1);
            size = Math.min(size, 256);
        }
        if (compressible < 0 || compressible > 99) {
            System.err.println("bench: --compressible " + compressible + ": is not a number of percent from 0 to 99");
            return 2;
        }
        if (contenders == null) {
            contenders = qcow2 ? Contender.USUAL_QCOW2 : Contender.USUAL;
        }
        List<Workload> all = qcow2 ? Workload.QCOW2 : Workload.ALL;
        List<Workload> chosen = all.stream()
                .filter(w -> rows.stream().anyMatch(w.name()::contains))
                .toList();
        if (chosen.isEmpty()) {
            System.err.println(
                    "bench: --rows " + String.join(",", rows) + ": no row's name holds any of these; there are "
                            + all.stream().map(Workload::name).collect(Collectors.joining(", ")));
            return 2;
        }
        String peer = StorageDaemon.version();
        MachineTime before = MachineTime.now();
        try (Arenas arenas = Arenas.create(images, work, size << 20)) {
            for (int round = 1; round <= rounds; round++) {
                for (Contender contender : contenders) {
                    System.err.printf("round %d of %d: %s ", round, rounds, contender.title());
                    measure(contender, arenas, chosen);
                    System.err.println();
                }
            }
        }
        System.out.printf(
                "Medians of %d rounds of %.0f s a row; image of %d MiB in %s; %d %% of what is written compress; peer: %s. The host of this machine took"
                        + " %.0f %% of its time; above 5 %%, measure again.%n%n",
                rounds,
                seconds,
                size,
                images,
                compressible,
                peer,
                MachineTime.now().stolenSince(before));
        System.out.println(MarkdownReport.of(results, contenders));
        if (json != null) {
            JsonReport.write(json, results, contenders, peer);
        }
        return 0;
    }

    private void measure(Contender contender, Arenas arenas, List<Workload> chosen) {
        ServedDisk disk = contender.disk(arenas);
        long before = System.nanoTime();
        try (Backend backend = contender.start(arenas.log(contender), disk)) {
            double startMillis = (System.nanoTime() - before) / 1e6;
            if (backend instanceof TidemarkAgent agent && contender.records()) {
                agent.awaitCaughtUp();
            } else {
                long idleFrom = System.nanoTime();
                Await.until(
                        "an idle second", Duration.ofSeconds(5), () -> System.nanoTime() - idleFrom > 1_000_000_000L);
            }
            double idle = megabytes(backend);
            Client client = new Client(backend, size << 20, polling, compressible);
            // Until the backend's code is compiled: a figure of the first seconds would say nothing about a day.
            for (Workload warm : List.of(Workload.ALL.get(2), Workload.ALL.get(3))) {
                client.run(warm, quick ? 1.5 : 3);
            }
            List<Workload> possible = chosen.stream()
                    .filter(workload -> contender.allocates() || !workload.allocating())
                    .toList();
            if (possible.stream().anyMatch(Workload::allocating)) {
                client.run(Workload.QCOW2.getLast(), seconds);
            }
            for (Workload workload : possible) {
                results.add(workload, contender, Recording.of(backend, contender, () -> client.run(workload, seconds)));
                System.err.print('.');
            }
            results.add(contender, new Results.Footprint(startMillis, idle, megabytes(backend)));
        }
    }

    private static double megabytes(Backend backend) {
        return ProcessCost.of(backend.pid()).residentBytes() / 1e6;
    }
}
