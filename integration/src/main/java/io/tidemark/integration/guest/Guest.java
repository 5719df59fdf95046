// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.guest;

import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Child;
import io.tidemark.integration.process.Command;
import io.tidemark.integration.process.LabException;
import io.tidemark.integration.process.Listening;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A small Linux in QEMU on vhost-user-blk disks: /dev/vda, /dev/vdb … in the order of the sockets.
 *
 * <p>Commands go over a serial port of their own and come back with output and exit code (bin/lib/guest-init). One thread.
 */
public final class Guest implements AutoCloseable {
    private static final Duration BOOT = Duration.ofSeconds(90);
    private static final Duration COMMAND = Duration.ofSeconds(60);
    private static final Duration MIGRATION = Duration.ofSeconds(120);

    /** With emulation on busy processors one move in ten loses pages: five in a row, one in 100,000. */
    private static final int MOVES = 5;

    private static final Pattern DOWNTIME = Pattern.compile("\"downtime\": *([0-9]+)");

    private final Child qemu;
    private final LineSocket control;
    private final Qmp qmp;

    /** How its disks are attached, besides their sockets. */
    private final String device;

    private Guest(Child qemu, LineSocket control, Qmp qmp, String device) {
        this.qemu = qemu;
        this.control = control;
        this.qmp = qmp;
        this.device = device;
    }

    /** Boots a guest on backends that listen already, with two queues a disk; sockets and logs of QEMU go to the folder. */
    public static Guest boot(Path folder, Path... disks) {
        return boot(folder, 2, disks);
    }

    /** Boots a guest with that many queues a disk. */
    public static Guest boot(Path folder, int queues, Path... disks) {
        return boot(folder, "num-queues=" + queues, disks);
    }

    /** Boots a guest whose disks have two queues that are packed rings. */
    public static Guest bootPacked(Path folder, Path... disks) {
        return boot(folder, "num-queues=2,packed=on", disks);
    }

    private static Guest boot(Path folder, String device, Path... disks) {
        Guest guest = start(folder, device, List.of(), disks);
        try {
            guest.awaitBoot();
            return guest;
        } catch (RuntimeException e) {
            guest.kill();
            throw e;
        }
    }

    private static Guest start(Path folder, String device, List<String> more, Path... disks) {
        Path built = Path.of(Command.lines(Duration.ofMinutes(5), List.of(Checkout.file("bin/lib/guest.sh")))
                .getLast());
        Path controlSocket = folder.resolve("control.sock");
        Path qmpSocket = folder.resolve("qmp.sock");
        List<String> command = command(built, folder, controlSocket, qmpSocket, device, disks);
        command.addAll(more);
        Child qemu = Child.start("QEMU", folder.resolve("qemu.log"), command);
        try {
            Duration start = Duration.ofSeconds(20);
            qemu.await("its sockets", start, () -> Listening.at(controlSocket) && Listening.at(qmpSocket));
            LineSocket control = new LineSocket("guest", controlSocket);
            return new Guest(qemu, control, new Qmp(qmpSocket), device);
        } catch (RuntimeException e) {
            qemu.kill();
            throw e;
        }
    }

    private static List<String> command(Path built, Path folder, Path control, Path qmp, String device, Path... disks) {
        Accelerator accelerator = Accelerator.ofThisMachine();
        List<String> command = new ArrayList<>(List.of("qemu-system-x86_64", "-nodefaults", "-no-user-config"));
        command.addAll(List.of("-display", "none", "-m", "256M", "-smp", "2"));
        // vhost-user backends see guest memory only if it is shared.
        command.addAll(List.of("-object", "memory-backend-memfd,id=memory,size=256M,share=on"));
        command.addAll(List.of("-machine", "pc,memory-backend=memory,accel=" + accelerator.machine()));
        command.addAll(accelerator.options());
        command.addAll(List.of("-kernel", built.resolve("vmlinuz").toString()));
        command.addAll(List.of("-initrd", built.resolve("initrd").toString()));
        command.addAll(List.of("-append", "console=ttyS0 quiet panic=-1" + accelerator.kernelArguments()));
        command.addAll(List.of("-serial", "file:" + folder.resolve("console.log")));
        command.addAll(List.of("-chardev", "socket,id=control,server=on,wait=off,path=" + control));
        command.addAll(List.of("-serial", "chardev:control"));
        command.addAll(List.of("-qmp", "unix:" + qmp + ",server=on,wait=off"));
        // One that nobody is connected to: QEMU serves one client a socket.
        command.addAll(List.of("-qmp", "unix:" + operatorsQmp(folder) + ",server=on,wait=off"));
        for (int i = 0; i < disks.length; i++) {
            // A backend that dies may come back: QEMU looks for it every second.
            command.addAll(List.of("-chardev", "socket,id=disk" + i + ",reconnect=1,path=" + disks[i]));
            command.addAll(List.of("-device", "vhost-user-blk-pci,chardev=disk" + i + "," + device));
        }
        return command;
    }

    /** The QMP socket that an operator may use, of a guest that was booted in the folder. */
    public static Path operatorsQmp(Path folder) {
        return folder.resolve("operator.sock");
    }

    /** Runs a shell command in the guest, at most a minute. */
    public GuestResult run(String command) {
        return run(command, COMMAND);
    }

    /** Runs a shell command (one line) in the guest. */
    public GuestResult run(String command, Duration limit) {
        control.send(command);
        long deadline = System.nanoTime() + limit.toNanos();
        List<String> lines = new ArrayList<>();
        while (true) {
            String line = control.receive(deadline, command);
            if (line.startsWith("= ")) {
                return new GuestResult(command, Integer.parseInt(line.substring(2)), List.copyOf(lines));
            }
            lines.add(line.startsWith("> ") ? line.substring(2) : line);
        }
    }

    /** A guest that has moved. @param downtime for how long it stood still, by QEMU's account */
    public record Moved(Guest guest, Duration downtime) {}

    /**
     * Moves the guest to another QEMU while it runs; this one has ended then. The guest runs there only if all of its memory has arrived.
     * QEMU's emulator now and then forgets a page (docs/testing.md); then the guest goes on here, and is moved again.
     *
     * @param folder for the other QEMU's sockets and logs
     * @param disks the sockets of backends that wait for it
     * @throws LabException if pages are missing again and again, or with KVM, which forgets none
     */
    public Moved moveTo(Path folder, Path... disks) {
        for (int attempt = 1; true; attempt++) {
            Guest there = start(folder, device, List.of("-S", "-incoming", "defer"), disks);
            try {
                Duration downtime = migrateTo(there, folder.resolve("migration.sock"));
                long missing = new MemoryOnBothSides(qemu.pid(), there.qemu.pid()).differingPages();
                if (missing == 0) {
                    there.goOn();
                    quit();
                    return new Moved(there, downtime);
                }
                String what = missing + " pages of the guest's memory differ behind move " + attempt;
                if (attempt == MOVES || Accelerator.ofThisMachine() == Accelerator.KVM) {
                    throw new LabException(what);
                }
                System.out.println(what + ": the emulator's doing; the guest stays and is moved again");
                there.quit();
                goOn();
            } catch (RuntimeException e) {
                there.close();
                throw e;
            }
        }
    }

    /** Returns when the guest's state is there, and no processor of it runs here or there. */
    private Duration migrateTo(Guest there, Path socket) {
        String uri = "{\"uri\":\"unix:" + socket + "\"}";
        // A guest without KVM dirties less than a socket carries, so this needs no throttling of the guest.
        String fast = "{\"max-bandwidth\":2000000000,\"downtime-limit\":500}";
        qmp.execute("migrate-set-parameters", fast);
        there.qmp.execute("migrate-incoming", uri);
        qmp.execute("migrate", uri);
        String[] state = new String[1];
        Await.until("the end of the migration", MIGRATION, () -> {
            state[0] = qmp.execute("query-migrate", "{}");
            if (state[0].contains("\"failed\"")) {
                throw new LabException("migration: " + state[0]);
            }
            return state[0].contains("\"completed\"");
        });
        Await.until(
                "the guest's arrival",
                MIGRATION,
                () -> there.qmp.execute("query-status", "{}").contains("\"paused\""));
        Matcher downtime = DOWNTIME.matcher(state[0]);
        return downtime.find() ? Duration.ofMillis(Long.parseLong(downtime.group(1))) : Duration.ZERO;
    }

    /** Stops its processors, and with them its disks' rings. */
    public void pause() {
        qmp.execute("stop");
    }

    public void goOn() {
        qmp.execute("cont");
    }

    /** Pulls the reset line; returns when the guest is up again. */
    public void reset() {
        qmp.execute("system_reset");
        awaitBoot();
    }

    /** Returns when the guest is up, after somebody else has reset it. */
    public void awaitBoot() {
        long deadline = System.nanoTime() + BOOT.toNanos();
        String line = "";
        while (!line.endsWith("READY")) {
            line = control.receive(deadline, "boot");
        }
    }

    /** Unmounts what is mounted and switches the guest off; returns when QEMU is gone. */
    public void powerOff() {
        control.send("umount -a -t ext4; sync; poweroff -f");
        qemu.exit(Duration.ofSeconds(30));
        close();
    }

    /** Tells QEMU to end at once, without a word to the guest. */
    public void quit() {
        qmp.execute("quit");
        qemu.exit(Duration.ofSeconds(20));
        close();
    }

    /** Kills QEMU: the backend sees its socket close. */
    public void kill() {
        qemu.kill();
        close();
    }

    @Override
    public void close() {
        control.close();
        qmp.close();
        qemu.close();
    }
}
