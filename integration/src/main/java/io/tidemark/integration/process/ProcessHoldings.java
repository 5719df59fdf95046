// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a process holds now, from proc(5).
 *
 * @param files what its open file descriptors lead to, without the program itself
 * @param threads the names of its threads, without those that the JVM and io_uring start and end as they see fit
 * @param mappings of memory files and of the rings of io_uring, by name
 */
public record ProcessHoldings(List<String> files, List<String> threads, List<String> mappings) {
    public static ProcessHoldings of(long pid) {
        Path proc = Path.of("/proc", Long.toString(pid));
        return new ProcessHoldings(
                all(
                                proc.resolve("fd"),
                                fd -> Files.readSymbolicLink(fd).toString().replaceFirst("(socket|pipe):.*", "$1"))
                        .stream()
                        .filter(file -> !file.endsWith(".jar"))
                        .toList(),
                all(
                                proc.resolve("task"),
                                task -> Files.readString(task.resolve("comm")).strip())
                        .stream()
                        .filter(name -> !name.matches("(C[12] CompilerThre|iou-wrk-|ForkJoinPool).*"))
                        .toList(),
                mappings(proc.resolve("maps")));
    }

    private static List<String> mappings(Path maps) {
        try {
            return Files.readAllLines(maps).stream()
                    .map(line -> line.replaceFirst("^\\S+\\s+\\S+\\s+\\S+\\s+\\S+\\s+\\S+\\s*", ""))
                    .filter(name -> name.startsWith("/memfd:") || name.startsWith("anon_inode:"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What there is more of than there was: sockets, eventfds and the like are alike, whatever their numbers. */
    public List<String> moreThan(ProcessHoldings before) {
        List<String> more = new ArrayList<>(files);
        more.addAll(threads);
        more.addAll(mappings);
        Stream.of(before.files, before.threads, before.mappings)
                .flatMap(List::stream)
                .forEach(more::remove);
        return more;
    }

    private interface Look {
        String at(Path entry) throws IOException;
    }

    private static List<String> all(Path folder, Look look) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.flatMap(entry -> one(entry, look).stream()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<String> one(Path entry, Look look) {
        try {
            return Optional.of(look.at(entry));
        } catch (NoSuchFileException e) {
            return Optional.empty(); // closed, or ended, since the folder was read
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
