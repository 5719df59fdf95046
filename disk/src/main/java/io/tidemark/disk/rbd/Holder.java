// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.Libc;
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

    private static final Path PROCESSES = Path.of("/proc");

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
                startOf(PROCESSES, process),
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

    /** Whether the process can't do anything any more. False where that isn't known: it ran elsewhere, or can't be looked at. */
    boolean isDead() throws IOException {
        return isDead(PROCESSES);
    }

    /** @param processes where the kernel tells of them */
    boolean isDead(Path processes) throws IOException {
        if (!kernel.equals(Files.readString(Path.of(BOOT_ID)).strip()) || !namespace.equals(namespaceOfThis())) {
            return false;
        }
        try {
            return !startOf(processes, process).equals(started);
        } catch (IOException _) {
            // Not to be read may also be one that lives: another user's (hidepid), or for want of files or memory here.
            return Libc.C.kill((int) process, 0) != 0 && Libc.errno() == Errno.ESRCH;
        }
    }

    String describe() {
        return "process " + process + " on host " + host;
    }

    private static String namespaceOfThis() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
    }

    private static String startOf(Path processes, long process) throws IOException {
        String stat = Files.readString(processes.resolve(Long.toString(process)).resolve("stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[START_TIME];
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
