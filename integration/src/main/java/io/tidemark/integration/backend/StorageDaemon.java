// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.backend;

import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Child;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.LabException;
import io.tidemark.integration.process.Listening;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** qemu-storage-daemon at its best settings: io_uring, no page cache, an iothread. */
public final class StorageDaemon implements Backend {
    private static final Duration START = Duration.ofSeconds(20);
    private static final Pattern IN_CLUSTER = Pattern.compile("rbd:([^/:]+)/([^/:]+):conf=(.*)");
    private static final Path INSTALLED = Path.of("/usr/bin/qemu-storage-daemon");

    private final Child child;
    private final Path socket;

    private StorageDaemon(Child child, Path socket) {
        this.child = child;
        this.socket = socket;
    }

    /** Starts the best daemon that there is, and waits until its socket listens; a store is not its business. */
    public static StorageDaemon start(Path log, ServedDisk disk) {
        return start(program(), log, disk);
    }

    /** The same with a certain daemon. */
    public static StorageDaemon start(List<String> program, Path log, ServedDisk disk) {
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of("--object", "iothread,id=loop", "--blockdev"));
        command.add(storage(disk.image().toString()) + ",node-name=file,cache.direct=on,discard=unmap");
        command.addAll(List.of("--blockdev", "driver=raw,node-name=disk,file=file,discard=unmap", "--export"));
        command.add("type=vhost-user-blk,id=export,node-name=disk,writable="
                + (disk.readOnly() ? "off" : "on") + ",iothread=loop,addr.type=unix,num-queues="
                + disk.queues() + ",addr.path=" + disk.socket());
        try {
            // It does not remove what a killed one left.
            Files.deleteIfExists(disk.socket());
        } catch (IOException e) {
            throw new LabException(disk.socket() + ": can't remove: " + e.getMessage(), e);
        }
        Child child = Child.start("qemu-storage-daemon", log, command);
        try {
            child.await(disk.socket() + " listens", START, () -> Listening.at(disk.socket()));
        } catch (RuntimeException e) {
            child.close();
            throw e;
        }
        return new StorageDaemon(child, disk.socket());
    }

    /** Of an rbd image the daemon needs its module for that. */
    private static String storage(String image) {
        Matcher inCluster = IN_CLUSTER.matcher(image);
        return inCluster.matches()
                ? "driver=rbd,pool=" + inCluster.group(1) + ",image=" + inCluster.group(2) + ",conf="
                        + inCluster.group(3)
                : "driver=file,aio=io_uring,filename=" + image;
    }

    /** "qemu-storage-daemon version 10.0.…". */
    public static String version() {
        return version(program());
    }

    public static String version(List<String> program) {
        List<String> command = new ArrayList<>(program);
        command.add("--version");
        return Command.lines(Duration.ofSeconds(10), command).getFirst();
    }

    /** The command of this machine's own daemon; none where it has none. */
    public static List<String> installed() {
        return Files.isExecutable(INSTALLED) ? List.of(INSTALLED.toString()) : List.of();
    }

    /** The command of the newest daemon that can be had. */
    public static List<String> program() {
        return Command.lines(Duration.ofMinutes(5), List.of(Checkout.file("bin/lib/peer.sh")));
    }

    @Override
    public Path socket() {
        return socket;
    }

    @Override
    public long pid() {
        return child.pid();
    }

    @Override
    public boolean isAlive() {
        return child.isAlive();
    }

    @Override
    public void kill() {
        child.kill();
    }

    @Override
    public void close() {
        child.close();
    }
}
