// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import io.tidemark.disk.Extent;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;
import io.tidemark.integration.process.LabException;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** An image is opened, written to and closed again, in a recording that crashes can be made of. */
final class CrashRun {
    private static final int MOST_REQUESTS = 250;
    private static final int EXTENTS = 10;

    private final ImageName name;
    private final byte[] backing;
    private final Random random;
    private final Ticks ticks = new Ticks();
    private final RecordingImage container;
    private final GuestDisk guest;
    private final CrashLoad load;
    private final int leaksBefore;
    private final boolean fails;

    /**
     * @param name what the image is called; its backing file, if it has any, lies beside it
     * @param file the image's
     * @param backing what its backing file reads as
     * @param firstId see {@link GuestDisk}
     */
    CrashRun(ImageName name, byte[] file, byte[] backing, int firstId, long seed, boolean onlyWrites) {
        this.name = name;
        this.backing = backing;
        this.random = new Random(seed);
        this.fails = !onlyWrites && random.nextInt(6) == 0;
        boolean punches = random.nextInt(3) != 0;
        this.container = new RecordingImage(ticks, file, punches, fails, random.nextLong());
        PlainQcow2 before = new PlainQcow2(file);
        before.check();
        this.leaksBefore = before.leaksAnywhere();
        this.guest = new GuestDisk(ticks, before.disk(backing), firstId);
        this.load = new CrashLoad(random, ticks, guest, fails, onlyWrites);
    }

    /** All of it. @throws LabException when something is wrong already, without a crash */
    void run(Subject.Opener opener) {
        Steps steps = new Steps(container, load.loops(), random);
        Subject subject;
        try {
            subject = steps.waitFor(() -> opener.open(name, container));
        } catch (RuntimeException e) {
            if (fails) {
                container.end();
                return;
            }
            throw e;
        }
        steps.watch(subject.helpers());
        Image image = subject.image();
        load.attach(image);
        load.run(steps, 1 + random.nextInt(MOST_REQUESTS));
        checkExtents(image, steps);
        steps.watch(List.of());
        steps.waitFor(() -> {
            image.close();
            return null;
        });
        load.close();
        container.end();
        checkClosed();
    }

    /** Where no data is said to be, the disk must be zero. */
    private void checkExtents(Image image, Steps steps) {
        long size = image.geometry().capacity();
        for (int i = 0; i < EXTENTS; i++) {
            long offset = random.nextLong(size / GuestDisk.SECTOR) * GuestDisk.SECTOR;
            Extent extent = steps.waitFor(() -> image.extentAt(offset));
            if (!extent.isData()) {
                long sectors = Math.min(extent.end(), size) / GuestDisk.SECTOR - offset / GuestDisk.SECTOR;
                String wrong = guest.checkRead(offset, new byte[(int) sectors * GuestDisk.SECTOR], ticks.last());
                if (!wrong.isEmpty()) {
                    throw new LabException(extent + ", but " + wrong);
                }
            }
        }
    }

    private void checkClosed() {
        if (!container.violation().isEmpty()) {
            throw new LabException("the container: " + container.violation());
        }
        byte[] file = container.now();
        PlainQcow2 image = new PlainQcow2(file);
        String wrong = image.check();
        if (wrong.isEmpty() && image.leaksAnywhere() > leaksBefore && !fails) {
            wrong = image.leaksAnywhere() + " clusters are leaked, " + leaksBefore + " were before";
        }
        if (wrong.isEmpty()) {
            wrong = guest.check(image.disk(backing), ticks.last(), true);
        }
        if (!wrong.isEmpty()) {
            throw new LabException("behind a clean end: " + wrong);
        }
    }

    /** The file behind a crash at a random moment. @throws LabException when it is not what it must be */
    byte[] crash() {
        int cut = random.nextInt(ticks.last() + 1);
        boolean killed = random.nextInt(5) == 0;
        Optional<FileChange> rare = random.nextBoolean() ? container.rareChange(random) : Optional.empty();
        if (rare.isPresent()) {
            // At it, or soon behind it.
            int from = random.nextBoolean() ? rare.get().begin : Math.min(rare.get().end, ticks.last());
            cut = Math.min(ticks.last(), from + random.nextInt(1 << random.nextInt(8)));
        }
        byte[] file = Crash.file(container, random, cut, killed, rare);
        PlainQcow2 image = new PlainQcow2(file);
        String wrong = image.check();
        if (wrong.isEmpty()) {
            wrong = guest.check(image.disk(backing), cut, killed);
        }
        if (!wrong.isEmpty()) {
            throw new LabException(
                    (killed ? "killed" : "power cut") + " at " + cut + " of " + ticks.last() + ": " + wrong);
        }
        return file;
    }

    byte[] closed() {
        return container.now();
    }

    int nextId() {
        return guest.nextId();
    }
}
