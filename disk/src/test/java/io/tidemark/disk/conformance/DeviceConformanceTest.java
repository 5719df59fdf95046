// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.disk.ImageName;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Block devices: the kernel's loop devices over files. Needs root. */
class DeviceConformanceTest extends ImageConformanceTest {
    private final List<Path> devices = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();

    @BeforeEach
    void needsRoot() {
        assumeTrue(Files.isWritable(Path.of("/dev/loop-control")), "no loop devices here");
    }

    @AfterEach
    void detach() throws IOException {
        for (Path device : devices) {
            losetup("--detach", device.toString());
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }

    @Override
    protected ImageName make(long capacity) throws IOException {
        Path file = Files.createTempFile(Path.of("target"), "device", ".img").toAbsolutePath();
        files.add(file);
        setLength(file, capacity);
        Path device = Path.of(losetup("--find", "--show", file.toString()));
        devices.add(device);
        return ImageName.parse("raw:" + device);
    }

    private static void setLength(Path file, long length) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.setLength(length);
        }
    }

    @Override
    protected void giveRoom(ImageName image, long capacity) throws IOException {
        setLength(files.getLast(), capacity);
        losetup("--set-capacity", image.location());
    }

    @Override
    protected ImageName missing() {
        return ImageName.parse("raw:/dev/tidemark-missing");
    }

    /** What is written to a device is data all over, as far as it tells. */
    @Override
    protected boolean tellsHoles() {
        return false;
    }

    @Override
    protected boolean isMadeByCreate() {
        return false;
    }

    private static String losetup(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("losetup"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String output = new String(process.getInputStream().readAllBytes()).strip();
            assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
            return output;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
