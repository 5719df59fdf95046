// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.storage;

import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A small file system that a test mounts, harms, and unmounts. Needs root. */
public final class Mount implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Path at;
    private final List<String> mount;

    private Mount(Path at, List<String> mount) {
        this.at = at;
        this.mount = mount;
        again();
    }

    /** Whether this process may try. */
    public static boolean allowed() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** Memory that files can be put in, up to a size. */
    public static Mount tmpfs(Path at, long bytes) {
        return new Mount(made(at), List.of("-t", "tmpfs", "-o", "size=" + bytes, "tidemark-test"));
    }

    /** An ext4 in a file, which turns read-only at its first error. */
    public static Mount ext4(Path image, Path at, long bytes) {
        run("truncate", "-s", Long.toString(bytes), image.toString());
        run("mkfs.ext4", "-q", image.toString());
        return new Mount(made(at), List.of("-o", "loop,errors=remount-ro", image.toString()));
    }

    /** Makes a tmpfs larger or smaller. */
    public void resize(long bytes) {
        run("mount", "-o", "remount,size=" + bytes, at.toString());
    }

    /**
     * Makes an ext4 find an error: it turns read-only under everybody who writes. (An orderly remount is refused while a file
     * is open for writing.)
     */
    public void turnReadOnly() {
        Path device = Path.of(run("findmnt", "-no", "SOURCE", at.toString()).strip());
        try {
            Files.writeString(Path.of("/sys/fs/ext4", device.getFileName().toString(), "trigger_fs_error"), "test");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes the permission to change anything below a folder there away, for everybody. */
    public void forbid(Path folder) {
        run("chattr", "-R", "+i", folder.toString());
    }

    public void allow(Path folder) {
        run("chattr", "-R", "-i", folder.toString());
    }

    /** Lets nobody write any more: who tries waits until {@link #thaw}. */
    public void freeze() {
        run("fsfreeze", "--freeze", at.toString());
    }

    public void thaw() {
        run("fsfreeze", "--unfreeze", at.toString());
    }

    /** Unmounts as soon as nobody has a file open there, and mounts again: what an administrator does after an error. */
    public void repair() {
        Await.until(
                at + " is unmounted",
                LIMIT,
                () -> tried("umount", at.toString()).code() == 0);
        again();
    }

    private void again() {
        List<String> command = new ArrayList<>(List.of("mount"));
        command.addAll(mount);
        command.add(at.toString());
        run(command.toArray(String[]::new));
    }

    @Override
    public void close() {
        tried("umount", "--lazy", at.toString());
    }

    private static Path made(Path folder) {
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new LabException(folder + ": can't be made: " + e.getMessage(), e);
        }
    }

    private static String run(String... command) {
        return tried(command).orThrow(String.join(" ", command)).output();
    }

    private static Command tried(String... command) {
        return Command.run(LIMIT, List.of(command));
    }
}
