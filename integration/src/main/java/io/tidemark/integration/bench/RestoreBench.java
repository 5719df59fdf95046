// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import io.tidemark.disk.posix.PageCache;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.blkio.BlkioQueue;
import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Restores a disk and converts its image with qemu-img, in turn, on one disk: bin/bench-restore. */
@CommandLine.Command(
        name = "bin/bench-restore",
        description = "Measures tidemark restore against qemu-img convert of an image of that size on the same disk.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class RestoreBench implements Callable<Integer> {
    private static final Duration LIMIT = Duration.ofMinutes(30);
    private static final int BLOCK = 4096;
    private static final int DEPTH = 32;

    @Option(names = "--size", description = "Image size in MiB.")
    private long size = 2048;

    @Option(names = "--rounds", description = "How often each runs; medians are printed.")
    private int rounds = 5;

    @Option(
            names = "--random",
            description =
                    "How much of the disk is written over by random 4 KiB writes, in percent: these lie in the store"
                            + " in the order of time.")
    private int random = 25;

    @Option(names = "--work", description = "Folder of image, store and targets. Default: .cache of the checkout.")
    private Path work = Checkout.home().resolve(".cache");

    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new RestoreBench());
        line.setExecutionExceptionHandler((e, c, parsed) -> {
            c.getErr().println("bench-restore: " + e.getMessage());
            return 1;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        Path folder = Files.createTempDirectory(Files.createDirectories(work), "restore");
        try {
            Path image = folder.resolve("disk.img");
            Path store = folder.resolve("store");
            fill(image);
            record(image, store, folder);
            measure(image, store, folder.resolve("target.img"));
        } finally {
            try (var all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
        return 0;
    }

    /** Half of each block is noise, half is not, as of most disks. */
    private static void content(Random random, byte[] into) {
        byte[] noise = new byte[BLOCK / 2];
        for (int at = 0; at < into.length; at += BLOCK) {
            random.nextBytes(noise);
            System.arraycopy(noise, 0, into, at, noise.length);
        }
    }

    private void fill(Path image) throws IOException {
        byte[] content = new byte[1 << 20];
        Random noise = new Random(1);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            for (long i = 0; i < size; i++) {
                content(noise, content);
                file.write(content);
            }
        }
    }

    private void record(Path image, Path store, Path folder) {
        Path socket = folder.resolve("s");
        try (TidemarkAgent agent =
                TidemarkAgent.start(folder.resolve("log"), ServedDisk.captured(image, socket, 1, store))) {
            agent.awaitCaughtUp();
            try (BlkioDisk disk = BlkioDisk.open(socket, 1)) {
                overwrite(disk);
            }
            agent.awaitCaughtUp();
            if (agent.terminate() != 0) {
                throw new LabException("the agent did not end well");
            }
        }
    }

    private void overwrite(BlkioDisk disk) {
        var memory = disk.allocate(DEPTH * BLOCK);
        byte[] content = new byte[DEPTH * BLOCK];
        Random noise = new Random(2);
        BlkioQueue queue = disk.queue(0);
        long blocks = (size << 20) / BLOCK;
        for (long written = 0; written < blocks * random / 100; written += DEPTH) {
            content(noise, content);
            memory.copyFrom(java.lang.foreign.MemorySegment.ofArray(content));
            for (int i = 0; i < DEPTH; i++) {
                queue.write(noise.nextLong(blocks) * BLOCK, memory.address() + (long) i * BLOCK, BLOCK, i);
            }
            for (int done = 0; done < DEPTH; ) {
                done += queue.submitAndReap(1);
            }
        }
    }

    private void measure(Path image, Path store, Path target) throws IOException {
        List<String> restore = List.of(
                Checkout.file("bin/tidemark"),
                "restore",
                "vda",
                "--store",
                store.toString(),
                "--at",
                "latest",
                "--to",
                "raw:" + target);
        List<String> convert = List.of(
                "qemu-img",
                "convert",
                "-f",
                "raw",
                "-O",
                "raw",
                "-T",
                "none",
                "-t",
                "none",
                image.toString(),
                target.toString());
        List<Double> restored = new ArrayList<>();
        List<Double> converted = new ArrayList<>();
        MachineTime before = MachineTime.now();
        // The first round is not counted: it warms up caches and records the JVM's.
        for (int round = 0; round <= rounds; round++) {
            forget(store);
            double one = seconds(restore, target);
            if (Files.mismatch(image, target) >= 0) {
                throw new LabException("what was restored is not what was written");
            }
            Files.delete(target);
            double other = seconds(convert, target);
            Files.delete(target);
            System.err.printf("round %d of %d: restore %.2f s, convert %.2f s%n", round, rounds, one, other);
            if (round > 0) {
                restored.add(one);
                converted.add(other);
            }
        }
        double ours = median(restored);
        double theirs = median(converted);
        System.out.printf(
                "%d MiB, %d %% of it in random order, medians of %d rounds: tidemark restore %.2f s (%.0f MiB/s), qemu-img"
                        + " convert %.2f s (%.0f MiB/s): %.2f x. The host took %.0f %% of this machine's time.%n",
                size,
                random,
                rounds,
                ours,
                size / ours,
                theirs,
                size / theirs,
                theirs / ours,
                MachineTime.now().stolenSince(before));
    }

    /** So that both read from the disk: qemu-img goes past the page cache. */
    private static void forget(Path store) throws IOException {
        try (var files = Files.walk(store)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                PageCache.drop(file);
            }
        }
    }

    /** Until all of it is on the disk. */
    private static double seconds(List<String> command, Path target) {
        long begin = System.nanoTime();
        Command.run(LIMIT, command).orThrow(command.getFirst());
        Command.run(LIMIT, List.of("sync", "-d", target.toString())).orThrow("sync");
        return (System.nanoTime() - begin) / 1e9;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
