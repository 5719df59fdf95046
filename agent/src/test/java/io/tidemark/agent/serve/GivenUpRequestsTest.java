// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.config.DiskConfig;
import io.tidemark.agent.config.StateFolder;
import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Extent;
import io.tidemark.disk.FixedImage;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.Loop;
import io.tidemark.filters.capture.Durability;
import io.tidemark.filters.throttle.Limits;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.fixture.BlkDriver;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A write that nobody knows the end of: whoever opens the image next must not be overtaken by it. */
@Timeout(60)
class GivenUpRequestsTest {
    private static final long RAM = 0x10_0000;
    private static final byte[] CONTENT = new byte[4096];

    @TempDir
    Path folder;

    private ImageName name;
    private final CountDownLatch lost = new CountDownLatch(1);

    @BeforeEach
    void createImage() throws IOException {
        Path file = folder.resolve("vda.img");
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1 << 20);
        }
        name = ImageName.parse("raw:" + file);
    }

    @Test
    void theImageStaysLockedBehindThem() {
        Image image = Images.open(name, false);
        try (VhostDisk disk = VhostDisk.serve(config(), new LosingImage(image));
                Frontend frontend = Frontend.negotiated(config().socket(), -1);
                GuestRam ram = frontend.share(RAM, 1 << 20)) {
            var driver = new BlkDriver(frontend.startRing(0, 128, ram)).patience(1);
            assertThatThrownBy(() -> driver.write(0, CONTENT)).hasMessageContaining("was not completed");
            awaitLost();
        }
        assertThatThrownBy(() -> Images.open(name, false))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("another process has it open");
        image.close();
        Images.open(name, false).close();
    }

    @Test
    void theImageIsFreeBehindAllThatCameBack() {
        try (VhostDisk disk = VhostDisk.serve(config(), Images.open(name, false));
                Frontend frontend = Frontend.negotiated(config().socket(), -1);
                GuestRam ram = frontend.share(RAM, 1 << 20)) {
            assertThat(new BlkDriver(frontend.startRing(0, 128, ram)).write(0, CONTENT))
                    .isEqualTo(BlkStatus.OK);
        }
        Images.open(name, false).close();
    }

    private void awaitLost() {
        try {
            lost.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private DiskConfig config() {
        return new DiskConfig(
                "vda",
                name.toString(),
                folder.resolve("vda.sock"),
                1,
                false,
                Optional.empty(),
                new StateFolder(folder.resolve("state")),
                Durability.ASYNC,
                0,
                Limits.NONE,
                Optional.empty());
    }

    /** What befalls a request whose guest memory vanishes while the image has it in its hands. */
    private final class LosingImage extends FixedImage {
        private final Image locked;

        LosingImage(Image locked) {
            super(locked.geometry().capacity());
            this.locked = locked;
        }

        @Override
        public BlockDevice attach(Loop loop) {
            return _ -> {
                lost.countDown();
                throw new InternalError("a fault occurred in an unsafe memory access operation");
            };
        }

        @Override
        public String name() {
            return locked.name();
        }

        @Override
        public Extent extentAt(long offset) {
            return locked.extentAt(offset);
        }

        @Override
        public void close() {
            locked.close();
        }
    }
}
