// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image;

import io.tidemark.integration.process.Command;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes qcow2 images with {@code qemu-img} and {@code qemu-io}, with any of their options and any content, by a seed. */
final class MadeByQemu {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int SECTOR = 512;
    private static final int[] CLUSTER_BITS = {9, 10, 12, 14, 16, 16, 17, 21};
    private static final String[] PREALLOCATIONS = {"off", "off", "off", "metadata", "falloc", "full"};

    private final Path folder;
    private final Random random;
    private final List<String> story = new ArrayList<>();
    private boolean snapshots = true;
    private boolean others = true;
    private int clusterBits;
    private boolean three;
    private boolean external;
    private boolean extended;
    private long size;
    private int files;

    MadeByQemu(Path folder, long seed) {
        this.folder = folder;
        this.random = new Random(seed);
    }

    MadeByQemu withoutSnapshots() {
        snapshots = false;
        return this;
    }

    /** Without what can only be read: snapshots, external data files, extended L2 entries. */
    MadeByQemu toBeWritten() {
        others = false;
        return withoutSnapshots();
    }

    /** Every command that was run. */
    String story() {
        return String.join("\n", story);
    }

    /** An image with up to three files behind it. */
    Path make() {
        Path image = null;
        String format = null;
        for (int behind = random.nextInt(3); behind > 0; behind--) {
            boolean raw = image == null && random.nextBoolean();
            image = raw ? raw() : qcow2(image, format);
            format = raw ? "raw" : "qcow2";
        }
        return qcow2(image, format);
    }

    private Path raw() {
        Path path = next("raw");
        chooseSize();
        run("qemu-img", "create", "-f", "raw", path.toString(), Long.toString(size));
        clusterBits = 16;
        write(path, "raw", 1 + random.nextInt(6));
        return path;
    }

    private Path qcow2(Path backing, String backingFormat) {
        Path path = next("qcow2");
        chooseSize();
        List<String> options = new ArrayList<>();
        clusterBits = CLUSTER_BITS[random.nextInt(CLUSTER_BITS.length)];
        options.add("cluster_size=" + (1 << clusterBits));
        three = random.nextInt(5) > 0;
        options.add("compat=" + (three ? "1.1" : "0.10"));
        external = others && three && random.nextInt(6) == 0;
        extended = others && three && clusterBits >= 14 && random.nextInt(3) == 0;
        boolean zstd = three && random.nextInt(3) == 0;
        if (three) {
            options.add("refcount_bits=" + (1 << random.nextInt(7)));
            options.add("lazy_refcounts=" + (random.nextInt(4) == 0 ? "on" : "off"));
            options.add("extended_l2=" + (extended ? "on" : "off"));
            options.add("compression_type=" + (zstd ? "zstd" : "zlib"));
        }
        if (external) {
            options.add("data_file=" + next("data"));
            options.add("data_file_raw=" + (backing == null && random.nextBoolean() ? "on" : "off"));
        }
        boolean metadata = random.nextInt(3) == 0 && (backing == null || extended);
        if (metadata) {
            options.add("preallocation=" + PREALLOCATIONS[random.nextInt(PREALLOCATIONS.length)]);
        }
        List<String> command = new ArrayList<>(List.of("qemu-img", "create", "-f", "qcow2"));
        if (backing != null) {
            // Half of them by a name that is meant to be looked for beside the image.
            String name = random.nextBoolean()
                    ? backing.toString()
                    : backing.getFileName().toString();
            command.addAll(List.of("-b", name, "-F", backingFormat));
        }
        command.addAll(List.of("-o", String.join(",", options), path.toString(), Long.toString(size)));
        run(command.toArray(String[]::new));
        write(path, "qcow2", random.nextInt(20));
        if (snapshots && !external && random.nextInt(6) == 0) {
            attempt(List.of("qemu-img", "snapshot", "-c", "before", path.toString()));
            write(path, "qcow2", random.nextInt(6));
        }
        if (three && isMarkedCorrupt(path)) {
            // By QEMU itself, which now and then trips over a compressed write: an empty one, then.
            run(command.toArray(String[]::new));
        }
        return path;
    }

    /** The header's incompatible features, bit 1. */
    private static boolean isMarkedCorrupt(Path path) {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            file.seek(72);
            return (file.readLong() & 2) != 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path next(String ending) {
        return folder.resolve("i" + files++ + "." + ending);
    }

    private void chooseSize() {
        size = SECTOR * (1 + (long) random.nextInt(random.nextInt(3) == 0 ? 100 : 12_000));
    }

    /** One run of {@code qemu-io}, with many commands. */
    private void write(Path path, String format, int commands) {
        List<String> command = new ArrayList<>(List.of("qemu-io", "-f", format));
        for (int i = 0; i < commands; i++) {
            command.add("-c");
            command.add(format.equals("raw") ? pattern("write", 1) : change());
        }
        command.add(path.toString());
        if (commands > 0) {
            attempt(command);
        }
    }

    private String change() {
        long cluster = 1L << clusterBits;
        int kind = random.nextInt(10);
        if (kind == 0 && !external && cluster <= size) {
            // Exactly one cluster, or several.
            long first = random.nextLong(size / cluster);
            long count = 1 + random.nextLong(Math.min(4, size / cluster - first));
            return "write -c -P " + random.nextInt(256) + " " + first * cluster + " " + count * cluster;
        }
        return switch (kind) {
            case 1 -> "write -z " + range(1);
            case 2 -> "write -z -u " + range(1);
            case 3 -> "discard " + range(1);
            case 4 -> "write -z " + range(cluster);
            case 5 -> pattern("write", cluster);
            default -> pattern("write", 1);
        };
    }

    private String pattern(String command, long unit) {
        return command + " -P " + random.nextInt(256) + " " + range(unit);
    }

    private String range(long unit) {
        long sectors = size / SECTOR;
        long step = Math.max(1, unit / SECTOR);
        long first = random.nextLong(sectors) / step * step;
        long most = Math.min(sectors - first, random.nextInt(4) == 0 ? 4096 : 200);
        long count = Math.min(sectors - first, Math.max(1, random.nextLong(most) + 1 + step - 1) / step * step);
        return first * SECTOR + " " + Math.max(1, count) * SECTOR;
    }

    /** QEMU may refuse it, or some of it: what it has written then is what counts. */
    private void attempt(List<String> command) {
        story.add(String.join(" ", command));
        Command.run(LIMIT, command);
    }

    /**
     * What QEMU reads in an image, written to another file.
     *
     * @return whether it can; now and then it has made one that it can't read itself
     */
    boolean convert(Path path, Path raw) {
        List<String> command = List.of("qemu-img", "convert", "-O", "raw", path.toString(), raw.toString());
        story.add(String.join(" ", command));
        return Command.run(LIMIT, command).code() == 0;
    }

    void run(String... command) {
        story.add(String.join(" ", command));
        Command.run(LIMIT, List.of(command)).orThrow(story());
    }
}
