// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.MemoryImage;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.Errno;
import io.tidemark.filters.FilterException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OverlayImageTest {
    private static final int DISK = 16 << 20;
    private static final int GUESTS = 3;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final MemoryOrigin origin = new MemoryOrigin(DISK, random);
    private final MemoryImage overlay = MemoryImage.inline(DISK);
    private final byte[] disk = origin.bytes();

    @TempDir
    private Path directory;

    private Path map() {
        return directory.resolve("map");
    }

    private OverlayImage kept(boolean filled) throws Exception {
        if (!Files.exists(map())) {
            OverlayImage.prepare(origin, map());
        }
        return OverlayImage.kept("vda", origin, overlay, map(), filled);
    }

    @Test
    void whatTheGuestWroteLiesOnWhatWas() throws Exception {
        try (var image = OverlayImage.passing("vda", origin, overlay, false)) {
            work(image, 300);
            checkExtents(image);
            check(image);
        }
    }

    @Test
    void anImageThatIsFilledUnderLoadHoldsAllOfItInTheEnd() throws Exception {
        try (var image = kept(true)) {
            while (image.filled().getAsLong() < DISK || Files.exists(map())) {
                work(image, 20);
            }
            work(image, 50);
            check(image);
        }
        assertThat(overlay.bytes()).as("seed %s", seed).isEqualTo(disk);
    }

    @Test
    void aKilledProcessLosesNothingThatWasAcknowledged() throws Exception {
        for (int life = 0; life < 4; life++) {
            // Ends without a flush, as a kill would.
            try (var image = kept(false)) {
                check(image);
                work(image, 60);
            }
        }
        try (var image = kept(true)) {
            while (Files.exists(map())) {
                work(image, 10);
            }
        }
        assertThat(overlay.bytes()).as("seed %s", seed).isEqualTo(disk);
    }

    /** The bits that the kernel wrote back by itself tell of data that may not have arrived. */
    @Test
    void afterAPowerCutWhatWasFlushedIsThereAndTheRestIsWhatWas() throws Exception {
        try (var image = kept(false);
                var guest = new OverlayGuest(image, disk, 0, DISK, seed)) {
            for (int i = 0; i < 100; i++) {
                guest.step();
            }
            assertThat(guest.flush()).isZero();
            var stable = disk.clone();
            guest.write(4096, content(8192));
            guest.write(DISK - 4096, content(4096));
            System.arraycopy(stable, 0, disk, 0, DISK);
        }
        // What the power cut makes of data that was never synced: here, zeros.
        assertThat(lost(4096, 8192) | lost(DISK - 4096, 4096))
                .as("seed %s: nothing to lose", seed)
                .isTrue();
        rebooted();
        try (var image = kept(false)) {
            check(image);
        }
    }

    /**
     * Loses an unflushed write where the overlay held nothing before. Where it did, what is there now may be old or new.
     *
     * @return whether anything was lost
     */
    private boolean lost(int offset, int length) {
        byte[] was = origin.bytes();
        boolean lost = false;
        for (int sector = offset; sector < offset + length; sector += 512) {
            if (Arrays.equals(disk, sector, sector + 512, was, sector, sector + 512)) {
                overlay.content().asSlice(sector, 512).fill((byte) 0);
                lost = true;
            } else {
                System.arraycopy(overlay.bytes(), sector, disk, sector, 512);
            }
        }
        return lost;
    }

    private void rebooted() throws Exception {
        try (var file = new RandomAccessFile(map().toFile(), "rw")) {
            var header = new byte[4096];
            file.readFully(header);
            header[24] ^= 1;
            var crc = new CRC32C();
            crc.update(header, 0, 4092);
            for (int i = 0; i < 4; i++) {
                header[4092 + i] = (byte) (crc.getValue() >> 8 * i);
            }
            file.seek(0);
            file.write(header);
        }
    }

    @Test
    void aMapOfSomethingElseIsRefused() throws Exception {
        kept(false).close();
        var other = new MemoryOrigin(DISK / 2, random);
        assertThatThrownBy(() -> OverlayImage.kept("vda", other, overlay, map(), false))
                .isInstanceOf(FilterException.class)
                .hasMessageContaining("lies on memory at write:1 (16777216 bytes), not on");
        var bytes = Files.readAllBytes(map());
        bytes[100] ^= 1;
        Files.write(map(), bytes);
        assertThatThrownBy(() -> kept(false))
                .isInstanceOf(FilterException.class)
                .hasMessageContaining("damaged");
        Files.write(map(), Arrays.copyOf(bytes, 100));
        assertThatThrownBy(() -> kept(false)).hasMessageContaining("cut short");
    }

    @Test
    void aBrokenOriginFailsWhatShowsItAndNothingElse() throws Exception {
        try (var image = OverlayImage.passing("vda", origin, overlay, false);
                var guest = new OverlayGuest(image, disk, 0, DISK, seed)) {
            guest.write(8192, content(4096));
            origin.broken = true;
            guest.read(8192, 4096);
            assertThat(guest.run(Request.Kind.READ, 4096, 8192)).isEqualTo(-Errno.EIO);
            guest.write(4096, content(4096));
            guest.read(4096, 8192);
            origin.broken = false;
            guest.read(0, 64 << 10);
        }
    }

    private byte[] content(int length) {
        var content = new byte[length];
        random.nextBytes(content);
        return content;
    }

    /** Several guests at once, each on its own part. */
    private void work(OverlayImage image, int steps) throws Exception {
        var guests = new ArrayList<CompletableFuture<Void>>();
        for (int i = 0; i < GUESTS; i++) {
            int from = DISK / GUESTS / 512 * i * 512;
            int to = i == GUESTS - 1 ? DISK : DISK / GUESTS / 512 * (i + 1) * 512;
            long own = random.nextLong();
            guests.add(CompletableFuture.runAsync(() -> {
                try (var guest = new OverlayGuest(image, disk, from, to, own)) {
                    for (int step = 0; step < steps; step++) {
                        guest.step();
                    }
                } catch (Exception e) {
                    throw new IllegalStateException("seed " + seed, e);
                }
            }));
        }
        for (var guest : guests) {
            guest.get(60, TimeUnit.SECONDS);
        }
    }

    private void check(OverlayImage image) throws Exception {
        try (var guest = new OverlayGuest(image, disk, 0, DISK, seed)) {
            for (int at = 0; at < DISK; at += 1 << 20) {
                guest.read(at, 1 << 20);
            }
        }
    }

    /** What is told as zero is zero. */
    private void checkExtents(OverlayImage image) {
        for (long at = 0; at < DISK; ) {
            var extent = image.extentAt(at);
            assertThat(extent.offset()).isEqualTo(at);
            assertThat(extent.length()).isPositive();
            if (!extent.isData()) {
                for (long i = at; i < extent.end(); i++) {
                    assertThat(disk[(int) i]).as("seed %s", seed).isZero();
                }
            }
            at = extent.end();
        }
    }
}
