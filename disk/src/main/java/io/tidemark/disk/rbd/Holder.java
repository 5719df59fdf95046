// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which process holds an image's lock, as it has noted beside the image.
 *
 * <p>The cluster keeps a dead client's lock until it has missed it for 30 seconds. Who starts again on the same host needn't wait for
 * that, where it can tell that the process is dead.
 *
 * @param owner the lock's owner as the cluster calls it: a note of another owner says nothing
 * @param kernel the kernel's life that the process runs in: its boot id
 * @param namespace the process's namespace of process ids
 * @param process its id
 * @param started when it was started, in the kernel's ticks: another process may have the id by now
 * @param host for people
 */
record Holder(String owner, String kernel, String namespace, long process, String started, String host) {
    /** Under which name it is noted. */
    static final String KEY = "tidemark.holder";

    private static final String BOOT_ID = "/proc/sys/kernel/random/boot_id";

    /** In {@code /proc/PID/stat}, counted behind the program's name (proc(5)). */
    private static final int START_TIME = 19;

    private static final int FIELDS = 6;

    static Holder self(String owner) throws IOException {
        long process = ProcessHandle.current().pid();
        return new Holder(
                owner,
                Files.readString(Path.of(BOOT_ID)).strip(),
                namespaceOfThis(),
                process,
                startOf(process).orElseThrow(() -> new IOException("/proc is not there")),
                hostName());
    }

    /** Empty for what is no such note. */
    static Optional<Holder> parse(String note) {
        String[] fields = note.split(" ");
        try {
            return fields.length != FIELDS
                    ? Optional.empty()
                    : Optional.of(new Holder(
                            fields[0], fields[1], fields[2], Long.parseLong(fields[3]), fields[4], fields[5]));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    /** Whether the process can't do anything any more. False where that isn't known: it ran elsewhere. */
    boolean isDead() throws IOException {
        return kernel.equals(Files.readString(Path.of(BOOT_ID)).strip())
                && namespace.equals(namespaceOfThis())
                && !startOf(process).equals(Optional.of(started));
    }

    String describe() {
        return "process " + process + " on host " + host;
    }

    private static String namespaceOfThis() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
    }

    private static Optional<String> startOf(long process) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process), "stat"));
            return Optional.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[START_TIME]);
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName().replace(' ', '-');
        } catch (UnknownHostException _) {
            return "unknown";
        }
    }

    @Override
    public String toString() {
        return String.join(" ", owner, kernel, namespace, Long.toString(process), started, host);
    }
}
