// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.demo;

import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.LabException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** What the demo tells: a disk is used, protected, destroyed, and brought back to the moment before. */
final class Story {
    private static final String MOUNT = "mkdir -p /mnt && mount /dev/vda /mnt";
    private static final String CHECKSUMS = "cd /mnt && find . -type f | sort | xargs sha256sum";

    private final Scene scene;
    private final Timeline timeline;

    Story(Scene scene, Timeline timeline) {
        this.scene = scene;
        this.timeline = timeline;
    }

    void tell() {
        try (TidemarkAgent agent = startAgent()) {
            List<String> written;
            Instant before;
            try (Guest guest = boot(scene.socket(), "a Linux guest boots on that disk")) {
                written = use(guest);
                before = pause();
                destroy(guest);
            }
            bringBack(before);
            look(written);
            timeline.step("the agent ends", () -> "exit code " + agent.terminate());
        }
    }

    private TidemarkAgent startAgent() {
        timeline.headline("A disk under protection");
        TidemarkAgent[] started = new TidemarkAgent[1];
        timeline.step("the agent serves disk.img as a vhost-user-blk disk and records every write", () -> {
            started[0] = TidemarkAgent.start(
                    scene.log("agent"), ServedDisk.captured(scene.disk(), scene.socket(), 2, scene.store()));
            return "listening after " + started[0].startTime().toMillis() + " ms";
        });
        return started[0];
    }

    private Guest boot(Path socket, String title) {
        Guest[] booted = new Guest[1];
        timeline.step(title, () -> {
            booted[0] = Guest.boot(scene.folder(), socket);
            return booted[0].run("uname -sr").orThrow().text();
        });
        return booted[0];
    }

    private List<String> use(Guest guest) {
        timeline.step("the guest makes an ext4 file system", () -> {
            guest.run("mkfs.ext4 -q /dev/vda && " + MOUNT).orThrow();
            return "mounted";
        });
        timeline.step("it writes text, pictures and letters, with fsync", () -> {
            guest.run("mkdir -p /mnt/books /mnt/pictures /mnt/letters").orThrow();
            guest.run("for i in $(seq 8); do awk -v b=$i 'BEGIN { for (i = 1; i <= 20000; i++)"
                            + " print \"line \" i \" of book \" b \": it was a bright cold day\" }'"
                            + " | dd of=/mnt/books/$i.txt bs=64k conv=fsync 2>/dev/null; done")
                    .orThrow();
            guest.run("for i in $(seq 4); do dd if=/dev/urandom of=/mnt/pictures/$i.jpg bs=64k count=24 conv=fsync"
                            + " 2>/dev/null; done")
                    .orThrow();
            guest.run("for i in $(seq 100); do echo \"Dear reader, this is letter $i.\" >/mnt/letters/$i; done; sync")
                    .orThrow();
            return guest.run("du -sh /mnt | cut -f1").text() + " in "
                    + guest.run("find /mnt -type f | wc -l").text() + " files";
        });
        List<String> checksums = guest.run(CHECKSUMS).orThrow().lines();
        timeline.step("their SHA-256 checksums are noted", () -> checksums.size() + " of them");
        return checksums;
    }

    /** A quiet moment to come back to; the host's clock counts. */
    private Instant pause() {
        Instant[] noted = new Instant[1];
        timeline.step("some time goes by", () -> {
            await(Duration.ofSeconds(2));
            noted[0] = Instant.now().truncatedTo(ChronoUnit.MILLIS);
            await(Duration.ofSeconds(2));
            return "all is well at " + noted[0];
        });
        return noted[0];
    }

    private void destroy(Guest guest) {
        timeline.headline("The damage");
        timeline.step("rm -rf of everything", () -> {
            guest.run("rm -rf /mnt/*; sync").orThrow();
            return guest.run("find /mnt -type f | wc -l").text() + " files left";
        });
        timeline.step("and 96 MB of noise over the start of the disk", () -> {
            guest.run("umount /mnt; dd if=/dev/urandom of=/dev/vda bs=1M count=96 conv=fsync 2>/dev/null")
                    .orThrow();
            return guest.run(MOUNT).code() == 0 ? "it still mounts?" : "it does not mount any more";
        });
        timeline.step("the guest is switched off", () -> {
            guest.powerOff();
            return "off";
        });
    }

    private void bringBack(Instant before) {
        timeline.headline("The way back");
        timeline.step("what the history holds (tidemark history)", () -> "");
        timeline.quote(
                TidemarkCli.run("history", "vda", "--store", scene.store().toString())
                        .orThrow("tidemark history")
                        .output());
        timeline.step("tidemark restore --at " + before, () -> {
            TidemarkCli.restore(scene.store(), before.toString(), scene.restored());
            return scene.restored().getFileName().toString();
        });
    }

    private void look(List<String> written) {
        ServedDisk disk = ServedDisk.of(scene.restored(), scene.restoredSocket(), 2);
        try (TidemarkAgent agent = TidemarkAgent.start(scene.log("restored"), disk);
                Guest guest = boot(agent.socket(), "a guest boots on the restored disk")) {
            timeline.step("its file system is checked (e2fsck)", () -> {
                // The disk was in use at that moment: what the journal holds is replayed, as after a power cut.
                guest.run("e2fsck -p /dev/vda");
                guest.run("e2fsck -fn /dev/vda").orThrow();
                return "clean";
            });
            timeline.step("every file is compared", () -> {
                guest.run(MOUNT).orThrow();
                List<String> found = guest.run(CHECKSUMS).orThrow().lines();
                if (!found.equals(written)) {
                    throw new LabException("the restored files differ from those that were written");
                }
                return found.size() + " files, all equal";
            });
            guest.powerOff();
        }
    }

    private static void await(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        Await.until("a pause", time.plusSeconds(10), () -> System.nanoTime() > end);
    }
}
