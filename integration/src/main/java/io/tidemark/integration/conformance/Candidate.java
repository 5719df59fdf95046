// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

import io.tidemark.integration.backend.Backend;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.StorageDaemon;
import io.tidemark.integration.backend.TidemarkAgent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A backend that can be started here.
 *
 * @param name what tables call it
 */
public record Candidate(String name, Starter starter) {
    private static final Pattern VERSION = Pattern.compile("version (\\d+\\.\\d+)");

    /** Starts a backend that logs to the file and serves the disk. */
    @FunctionalInterface
    public interface Starter {
        Backend start(Path log, ServedDisk disk);
    }

    /** Tidemark, and each qemu-storage-daemon that this machine has or can get. */
    public static List<Candidate> all() {
        List<Candidate> all = new ArrayList<>();
        all.add(tidemark());
        for (List<String> program : List.of(StorageDaemon.installed(), StorageDaemon.program())) {
            if (!program.isEmpty() && all.stream().noneMatch(c -> c.name().equals(name(program)))) {
                all.add(storageDaemon(program));
            }
        }
        return all;
    }

    public static Candidate tidemark() {
        return new Candidate("Tidemark", TidemarkAgent::start);
    }

    public static Candidate storageDaemon(List<String> program) {
        return new Candidate(name(program), (log, disk) -> StorageDaemon.start(program, log, disk));
    }

    private static String name(List<String> program) {
        Matcher version = VERSION.matcher(StorageDaemon.version(program));
        return "qemu-storage-daemon" + (version.find() ? " " + version.group(1) : "");
    }
}
