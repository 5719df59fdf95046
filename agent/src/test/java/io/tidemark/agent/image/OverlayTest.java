// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.past.AttachOrder;
import io.tidemark.agent.past.PastImages;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was written to a disk's past, without that. */
class OverlayTest {
    private static final int DISK = 1 << 20;

    private final long now = Micros.of(Instant.now()) - 1_000_000;

    @TempDir
    Path folder;

    @Test
    void itIsNotTakenForAWholeImage() throws Exception {
        record(writer -> writer.zero(now + 1, 0, 4096));
        var image = ImageName.parse("raw:" + file());
        Files.write(Overlay.mapOf(file()), new byte[DISK]);
        assertThatCode(() -> UnfinishedRestore.refuseToServe(image))
                .as("somebody else's file of that name")
                .doesNotThrowAnyException();
        Path other = folder.resolve("vdb.img");
        Files.createDirectory(Overlay.mapOf(other));
        assertThatCode(() -> UnfinishedRestore.refuseToServe(ImageName.parse("raw:" + other)))
                .as("somebody else's folder")
                .doesNotThrowAnyException();
        attach();
        for (Runnable use : List.<Runnable>of(
                () -> UnfinishedRestore.refuseToServe(image), () -> UnfinishedRestore.refuse(image))) {
            assertThatThrownBy(use::run)
                    .isInstanceOfSatisfying(
                            AgentException.class, e -> assertThat(e.code()).isEqualTo(Code.REFUSED))
                    .hasMessageContaining(file() + ".overlay");
        }
    }

    @Test
    void itIsNotTakenForAWholeImageByAnotherNameEither() throws Exception {
        record(writer -> writer.zero(now + 1, 0, 4096));
        attach();
        Path link = Files.createSymbolicLink(folder.resolve("link.img"), file());
        assertThatThrownBy(() -> UnfinishedRestore.refuseToServe(ImageName.parse("raw:" + link)))
                .hasMessageContaining(file() + ".overlay");
    }

    /** A resync changes what a write number means: what was written over the state before doesn't fit the one behind it. */
    @Test
    void itLiesOnOneContentOnly() throws Exception {
        record(writer -> writer.zero(now + 1, 0, 4096));
        attach();
        record(writer -> writer.flush(now + 2, 1));
        attach();
        record(writer -> {
            writer.gapBegin(now + 3, GapReason.PAUSED, false);
            writer.syncData(1, 0, MemorySegment.ofArray(new byte[4096]).fill((byte) 7));
            writer.gapEnd(now + 4);
        });
        assertThatThrownBy(this::attach)
                .isInstanceOfSatisfying(
                        AgentException.class, e -> assertThat(e.code()).isEqualTo(Code.REFUSED))
                .hasMessageContaining("lies on past:" + folder.resolve("store") + "/vda@write:1 ");
    }

    private void record(Consumer<HistoryWriter> what) {
        try (var writer = Store.openOrCreate(folder.resolve("store")).write("vda", DISK)) {
            if (writer.gapOpen() || writer.position() == 0) {
                writer.gapBegin(now, GapReason.START);
                writer.syncZero(0, 0, DISK);
                writer.gapEnd(now);
            }
            what.accept(writer);
        }
    }

    private Path file() {
        return folder.resolve("vda.img");
    }

    private void attach() {
        var order = new AttachOrder(
                StoreName.parse(folder.resolve("store").toString()),
                "vda",
                new Point.Latest(),
                new AttachOrder.Kept(ImageName.parse("raw:" + file()), false));
        PastImages.open("past", order).close();
    }
}
